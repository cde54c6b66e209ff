// SPDX-License-Identifier: GPL-3.0-or-later
// Messages to be believed: with who signed them and when.
#include "site/envelope.h"

#include "base/moment.h"
#include "site/certificate.h"
#include "site/openssl.h"

#include <errno.h>
#include <openssl/asn1.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void message_free_p(CMS_ContentInfo **message)
{
    CMS_ContentInfo_free(*message);
}

void envelope_signed_clear(struct envelope_signed *message)
{
    free(message->data);
    X509_free(message->signer);
    memset(message, 0, sizeof *message);
}

int envelope_sign(const void *data, size_t length, X509 *signer, EVP_PKEY *key, uint8_t **ret,
                  size_t *ret_length)
{
    if (length > ENVELOPE_CONTENT_MAX)
        return -EMSGSIZE;
    CLEANUP(openssl_free_bio_p) BIO *in = BIO_new_mem_buf(data, (int)length);
    CLEANUP(openssl_free_bio_p) BIO *out = BIO_new(BIO_s_mem());
    CLEANUP(message_free_p)
    CMS_ContentInfo *message =
        in && out ? CMS_sign(signer, key, NULL, in, CMS_BINARY | CMS_NOSMIMECAP) : NULL;
    if (!message || i2d_CMS_bio(out, message) != 1)
        return openssl_failed(-EIO);
    return openssl_take_bio(out, ret, ret_length);
}

// ---- Reading -----------------------------------------------------------------------------------

static int decode(const void *der, size_t length, CMS_ContentInfo **ret)
{
    if (length == 0 || length > ENVELOPE_MAX)
        return -EBADMSG;
    CLEANUP(openssl_free_bio_p) BIO *in = BIO_new_mem_buf(der, (int)length);
    CLEANUP(message_free_p) CMS_ContentInfo *message = in ? d2i_CMS_bio(in, NULL) : NULL;
    if (!message || BIO_pending(in) > 0 ||
        OBJ_obj2nid(CMS_get0_type(message)) != NID_pkcs7_signed ||
        OBJ_obj2nid(CMS_get0_eContentType(message)) != NID_pkcs7_data || CMS_is_detached(message))
        return openssl_failed(-EBADMSG);
    *ret = TAKE_PTR(message);
    return 0;
}

static int get_time(const CMS_SignerInfo *signer, uint64_t *ret_ns)
{
    struct tm when;
    int at = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
    X509_ATTRIBUTE *attribute = at >= 0 ? CMS_signed_get_attr(signer, at) : NULL;
    ASN1_TYPE *value = attribute ? X509_ATTRIBUTE_get0_type(attribute, 0) : NULL;
    if (!value || (value->type != V_ASN1_UTCTIME && value->type != V_ASN1_GENERALIZEDTIME) ||
        ASN1_TIME_to_tm(value->value.asn1_string, &when) != 1)
        return -EBADMSG;
    time_t seconds = timegm(&when);
    if (seconds < 0)
        return -EBADMSG;
    *ret_ns = (uint64_t)seconds * NS_PER_S;
    return 0;
}

// The signature is judged here; who the signer is, and when, by whoever knows the site.
static int verify(CMS_ContentInfo *message, struct envelope_signed *ret)
{
    CLEANUP(openssl_free_bio_p) BIO *out = BIO_new(BIO_s_mem());
    STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(message);
    if (!out || sk_CMS_SignerInfo_num(signers) != 1 ||
        CMS_verify(message, NULL, NULL, NULL, out, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
        return openssl_failed(-EBADMSG);
    X509 *signer = NULL;
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(signers, 0);
    CMS_SignerInfo_get0_algs(info, NULL, &signer, NULL, NULL);
    int r = signer ? get_time(info, &ret->signed_at_ns) : -EBADMSG;
    if (r < 0)
        return openssl_failed(r);
    X509_up_ref(signer);
    ret->signer = signer;
    return openssl_take_bio(out, &ret->data, &ret->length);
}

int envelope_read_signed(const void *der, size_t length, struct envelope_signed *ret)
{
    CLEANUP(message_free_p) CMS_ContentInfo *message = NULL;
    CLEANUP(envelope_signed_clear_p) struct envelope_signed found = {0};
    int r = decode(der, length, &message);
    if (r == 0)
        r = verify(message, &found);
    if (r < 0)
        return r;
    *ret = found;
    found = (struct envelope_signed){0};
    return 0;
}
