// SPDX-License-Identifier: GPL-3.0-or-later
// Requests for a certificate: a key, whose it is, and a note, signed with that key.
#include "base/text.h"
#include "site/certificate.h"
#include "site/key.h"
#include "site/name.h"
#include "site/openssl.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static void request_free_p(X509_REQ **request)
{
    X509_REQ_free(*request);
}

void certificate_request_clear(struct certificate_request *request)
{
    EVP_PKEY_free(request->key);
    free(request->name);
    free(request->identity);
    free(request->note);
    memset(request, 0, sizeof *request);
}

static int fill(X509_REQ *to, const struct certificate_request *from)
{
    if (X509_REQ_set_version(to, X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_pubkey(to, from->key) != 1)
        return openssl_failed(-EIO);
    int r = name_set(X509_REQ_get_subject_name(to), from->name, from->identity);
    if (r < 0 || !from->note)
        return r;
    return X509_REQ_add1_attr_by_NID(to, NID_pkcs9_unstructuredName, MBSTRING_UTF8,
                                     (const unsigned char *)from->note, -1) == 1
               ? 0
               : openssl_failed(-EIO);
}

int certificate_request_encode(const struct certificate_request *request, char **ret_pem)
{
    size_t length;
    CLEANUP(request_free_p) X509_REQ *made = X509_REQ_new();
    CLEANUP(openssl_free_bio_p) BIO *out = BIO_new(BIO_s_mem());
    int r = made && out ? fill(made, request) : openssl_failed(-ENOMEM);
    if (r < 0)
        return r;
    if (X509_REQ_sign(made, request->key, EVP_sha256()) == 0 ||
        PEM_write_bio_X509_REQ(out, made) != 1)
        return openssl_failed(-EIO);
    return openssl_take_bio(out, (uint8_t **)ret_pem, &length);
}

// ---- Reading -----------------------------------------------------------------------------------

static int get_note(X509_REQ *request, char **ret)
{
    int at = X509_REQ_get_attr_by_NID(request, NID_pkcs9_unstructuredName, -1);
    if (at < 0)
        return 0;
    X509_ATTRIBUTE *attribute = X509_REQ_get_attr(request, at);
    ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attribute, 0);
    if (X509_ATTRIBUTE_count(attribute) != 1 || !value || value->type != V_ASN1_UTF8STRING)
        return -EBADMSG;
    const char *text = (const char *)ASN1_STRING_get0_data(value->value.utf8string);
    size_t length = (size_t)ASN1_STRING_length(value->value.utf8string);
    if (length > CERTIFICATE_NOTE_MAX || memchr(text, '\0', length) || !text_is_utf8(text, length))
        return -EBADMSG;
    *ret = strndup(text, length);
    return *ret ? 0 : -ENOMEM;
}

static int read_fields(X509_REQ *from, struct certificate_request *ret)
{
    const X509_NAME *subject = X509_REQ_get_subject_name(from);
    int r = name_get(subject, NID_commonName, &ret->name);
    if (r == 0)
        r = name_get(subject, NID_serialNumber, &ret->identity);
    if (r == 0)
        r = get_note(from, &ret->note);
    unsigned size = sizeof ret->digest;
    if (r == 0 && X509_REQ_digest(from, EVP_sha256(), ret->digest, &size) != 1)
        r = openssl_failed(-EIO);
    return r == -ENOENT ? -EBADMSG : r;
}

int certificate_request_decode(const void *pem, size_t length, struct certificate_request *ret)
{
    if (length == 0 || length > CERTIFICATE_MAX)
        return -EBADMSG;
    CLEANUP(openssl_free_bio_p) BIO *in = BIO_new_mem_buf(pem, (int)length);
    CLEANUP(request_free_p)
    X509_REQ *found = in ? PEM_read_bio_X509_REQ(in, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = found ? X509_REQ_get0_pubkey(found) : NULL;
    if (!key || !key_is_ours(key) || X509_REQ_verify(found, key) != 1)
        return openssl_failed(-EBADMSG);
    CLEANUP(certificate_request_clear_p) struct certificate_request request = {0};
    int r = read_fields(found, &request);
    if (r < 0)
        return r;
    EVP_PKEY_up_ref(key);
    request.key = key;
    *ret = request;
    request = (struct certificate_request){0};
    return 0;
}
