// SPDX-License-Identifier: GPL-3.0-or-later
// Certificates: read, compared, issued and checked.
#include "site/certificate.h"

#include "base/file.h"
#include "base/moment.h"
#include "base/text.h"
#include "site/key.h"
#include "site/name.h"
#include "site/openssl.h"

#include <assert.h>
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#define SERIAL_BITS 127 // positive in at most 16 bytes

void certificate_free_p(X509 **certificate)
{
    X509_free(*certificate);
}

// ---- Reading -----------------------------------------------------------------------------------

int certificate_decode(const void *data, size_t length, X509 **ret)
{
    if (length == 0 || length > CERTIFICATE_MAX)
        return -EBADMSG;
    CLEANUP(openssl_free_bio_p) BIO *in = BIO_new_mem_buf(data, (int)length);
    if (!in)
        return openssl_failed(-ENOMEM);
    bool is_der = *(const uint8_t *)data == (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED);
    CLEANUP(certificate_free_p)
    X509 *found = is_der ? d2i_X509_bio(in, NULL) : PEM_read_bio_X509(in, NULL, NULL, NULL);
    if (!found || !key_is_ours(X509_get0_pubkey(found)))
        return openssl_failed(-EBADMSG);
    *ret = TAKE_PTR(found);
    return 0;
}

int certificate_read_at(int dir, const char *name, X509 **ret)
{
    CLEANUP_FREE char *data = NULL;
    size_t length = 0;
    int r = file_read_at(dir, name, CERTIFICATE_MAX, &data, &length);
    if (r < 0)
        return r == -EFBIG ? -EBADMSG : r;
    return certificate_decode(data, length, ret);
}

int certificate_encode(X509 *certificate, char **ret_pem)
{
    size_t length;
    CLEANUP(openssl_free_bio_p) BIO *out = BIO_new(BIO_s_mem());
    if (!out || PEM_write_bio_X509(out, certificate) != 1)
        return openssl_failed(-EIO);
    return openssl_take_bio(out, (uint8_t **)ret_pem, &length);
}

int certificate_fingerprint(X509 *certificate, uint8_t ret[DIGEST_SIZE])
{
    unsigned size = DIGEST_SIZE;
    return X509_digest(certificate, EVP_sha256(), ret, &size) == 1 ? 0 : openssl_failed(-EIO);
}

int certificate_name(X509 *certificate, char **ret)
{
    return name_get(X509_get_subject_name(certificate), NID_commonName, ret);
}

int certificate_identity(X509 *certificate, char **ret)
{
    return name_get(X509_get_subject_name(certificate), NID_serialNumber, ret);
}

bool certificate_has_key(X509 *certificate, EVP_PKEY *key)
{
    return EVP_PKEY_eq(X509_get0_pubkey(certificate), key) == 1;
}

// ---- Issuing -----------------------------------------------------------------------------------

static int set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool is_set = number &&
                  BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return is_set ? 0 : openssl_failed(-EIO);
}

static int set_validity(X509 *certificate, const struct certificate_order *order)
{
    time_t from = (time_t)(order->from_ns / NS_PER_S);
    return X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &from) &&
                   X509_time_adj_ex(X509_getm_notAfter(certificate),
                                    (int)(order->years * 36525 / 100), 0, &from)
               ? 0
               : openssl_failed(-EIO);
}

static int add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool is_added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added ? 0 : openssl_failed(-EIO);
}

// What OpenSSL's own programs ask for: who may issue, what a key is for, and whose key signed.
static int add_extensions(X509 *certificate, X509 *issuer, enum certificate_use use)
{
    static const char *const usages[] = {
        [CERTIFICATE_SITE] = "critical,digitalSignature,keyCertSign",
        [CERTIFICATE_HOST] = "critical,digitalSignature",
        [CERTIFICATE_RECIPIENT] = "critical,keyAgreement",
    };
    static_assert(ELEMENTS(usages) == CERTIFICATE_USE_MAX, "each use has its key usage");
    int r =
        add_extension(certificate, issuer, NID_basic_constraints,
                      use == CERTIFICATE_SITE ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE");
    if (r == 0)
        r = add_extension(certificate, issuer, NID_key_usage, usages[use]);
    if (r == 0)
        r = add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
    if (r == 0)
        r = add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
    return r;
}

static int fill(X509 *certificate, const struct certificate_order *order)
{
    X509 *issuer = order->issuer ? order->issuer : certificate;
    int r = X509_set_version(certificate, X509_VERSION_3) == 1 &&
                    X509_set_pubkey(certificate, order->key) == 1
                ? set_serial(certificate)
                : openssl_failed(-EIO);
    if (r == 0)
        r = name_set(X509_get_subject_name(certificate), order->name, order->identity);
    if (r == 0 && X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1)
        r = openssl_failed(-EIO);
    if (r == 0)
        r = set_validity(certificate, order);
    if (r == 0)
        r = add_extensions(certificate, issuer, order->use);
    return r;
}

int certificate_issue(const struct certificate_order *order, X509 **ret)
{
    CLEANUP(certificate_free_p) X509 *certificate = X509_new();
    EVP_PKEY *signer = order->issuer ? order->issuer_key : order->key;
    int r = certificate ? fill(certificate, order) : openssl_failed(-ENOMEM);
    if (r < 0)
        return r;
    if (X509_sign(certificate, signer, EVP_sha256()) == 0)
        return openssl_failed(-EIO);
    *ret = TAKE_PTR(certificate);
    return 0;
}

// ---- Checking ----------------------------------------------------------------------------------

bool certificate_is_for(X509 *certificate, enum certificate_use use)
{
    static const uint32_t needed[] = {
        [CERTIFICATE_SITE] = KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN,
        [CERTIFICATE_HOST] = KU_DIGITAL_SIGNATURE,
        [CERTIFICATE_RECIPIENT] = KU_KEY_AGREEMENT,
    };
    static_assert(ELEMENTS(needed) == CERTIFICATE_USE_MAX, "each use needs some rights");
    bool is_site = (X509_get_extension_flags(certificate) & EXFLAG_CA) != 0;
    return (X509_get_key_usage(certificate) & needed[use]) == needed[use] &&
           is_site == (use == CERTIFICATE_SITE);
}

int certificate_check(X509 *certificate, enum certificate_use use, X509 *site)
{
    if (X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(site)) != 0 ||
        X509_verify(certificate, X509_get0_pubkey(site)) != 1)
        return openssl_failed(-EBADMSG);
    return certificate_is_for(certificate, use) ? 0 : -EKEYREJECTED;
}
