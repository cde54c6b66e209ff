// SPDX-License-Identifier: GPL-3.0-or-later
// Distinguished names.
#include "site/name.h"

#include "base/text.h"
#include "site/certificate.h"
#include "site/openssl.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <string.h>

static int add(X509_NAME *subject, int nid, int type, const char *value)
{
    return X509_NAME_add_entry_by_NID(subject, nid, type, (const unsigned char *)value, -1, -1,
                                      0) == 1
               ? 0
               : openssl_failed(-EINVAL);
}

int name_set(X509_NAME *subject, const char *name, const char *identity)
{
    if (!*name || strlen(name) > CERTIFICATE_NAME_MAX || !text_is_utf8(name, strlen(name)) ||
        (identity && (!*identity || strlen(identity) > CERTIFICATE_IDENTITY_MAX)))
        return -EINVAL;
    int r = add(subject, NID_commonName, MBSTRING_UTF8, name);
    if (r == 0 && identity)
        r = add(subject, NID_serialNumber, MBSTRING_ASC, identity);
    return r;
}

int name_get(const X509_NAME *subject, int nid, char **ret)
{
    unsigned char *text = NULL;
    int at = X509_NAME_get_index_by_NID(subject, nid, -1);
    if (at < 0)
        return -ENOENT;
    if (X509_NAME_get_index_by_NID(subject, nid, at) >= 0)
        return -EBADMSG;
    int length =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (length < 0)
        return openssl_failed(-EBADMSG);
    // A NUL or a control character in it is there to deceive.
    CLEANUP_FREE char *shown = text_printable((char *)text);
    bool is_plain = strlen((char *)text) == (size_t)length && text_equal(shown, (char *)text);
    OPENSSL_free(text);
    if (!is_plain)
        return shown ? -EBADMSG : -ENOMEM;
    *ret = TAKE_PTR(shown);
    return 0;
}
