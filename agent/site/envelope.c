// SPDX-License-Identifier: GPL-3.0-or-later
// Messages to be read by some only: encrypted once, with a key that each recipient can agree on.
#include "site/envelope.h"

#include "site/openssl.h"

#include <errno.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

static void message_free_p(CMS_ContentInfo **message)
{
    CMS_ContentInfo_free(*message);
}

// ---- Sealing -----------------------------------------------------------------------------------

// OpenSSL derives the wrapping key by SHA-1 unless told otherwise.
static int add_recipient(CMS_ContentInfo *message, X509 *recipient)
{
    CMS_RecipientInfo *info =
        CMS_add1_recipient_cert(message, recipient, CMS_KEY_PARAM | CMS_USE_KEYID);
    EVP_PKEY_CTX *context = info ? CMS_RecipientInfo_get0_pkey_ctx(info) : NULL;
    return context && EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) == 1
               ? 0
               : openssl_failed(-EIO);
}

static int seal_from(BIO *in, X509 *const *recipients, size_t n, BIO *out)
{
    const unsigned flags = CMS_BINARY | CMS_PARTIAL;
    CLEANUP(message_free_p)
    CMS_ContentInfo *message = CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), flags);
    if (!message)
        return openssl_failed(-EIO);
    for (size_t i = 0; i < n; i++) {
        int r = add_recipient(message, recipients[i]);
        if (r < 0)
            return r;
    }
    return CMS_final(message, in, NULL, flags) == 1 && i2d_CMS_bio(out, message) == 1
               ? 0
               : openssl_failed(-EIO);
}

int envelope_seal(const void *data, size_t length, X509 *const *recipients, size_t n_recipients,
                  uint8_t **ret, size_t *ret_length)
{
    if (length > ENVELOPE_CONTENT_MAX)
        return -EMSGSIZE;
    if (n_recipients == 0 || n_recipients > ENVELOPE_RECIPIENTS_MAX)
        return -EINVAL;
    CLEANUP(openssl_free_bio_p) BIO *in = BIO_new_mem_buf(data, (int)length);
    CLEANUP(openssl_free_bio_p) BIO *out = BIO_new(BIO_s_mem());
    int r = in && out ? seal_from(in, recipients, n_recipients, out) : openssl_failed(-ENOMEM);
    return r < 0 ? r : openssl_take_bio(out, ret, ret_length);
}

// ---- Opening -----------------------------------------------------------------------------------

// Nothing but what envelope_seal() makes: no compression, no signature inside, no password.
static int decode(const void *der, size_t length, CMS_ContentInfo **ret)
{
    if (length == 0 || length > ENVELOPE_MAX)
        return -EBADMSG;
    CLEANUP(openssl_free_bio_p) BIO *in = BIO_new_mem_buf(der, (int)length);
    CLEANUP(message_free_p) CMS_ContentInfo *message = in ? d2i_CMS_bio(in, NULL) : NULL;
    if (!message || BIO_pending(in) > 0 ||
        OBJ_obj2nid(CMS_get0_type(message)) != NID_id_smime_ct_authEnvelopedData)
        return openssl_failed(-EBADMSG);
    *ret = TAKE_PTR(message);
    return 0;
}

int envelope_open(const void *der, size_t length, X509 *recipient, EVP_PKEY *key, uint8_t **ret,
                  size_t *ret_length)
{
    CLEANUP(message_free_p) CMS_ContentInfo *message = NULL;
    int r = decode(der, length, &message);
    if (r < 0)
        return r;
    if (CMS_decrypt_set1_pkey_and_peer(message, key, recipient, NULL) != 1)
        return openssl_failed(-ENOKEY);
    CLEANUP(openssl_free_bio_p) BIO *out = BIO_new(BIO_s_mem());
    if (!out || CMS_decrypt(message, NULL, NULL, NULL, out, CMS_BINARY) != 1)
        return openssl_failed(-EBADMSG);
    return openssl_take_bio(out, ret, ret_length);
}
