// SPDX-License-Identifier: GPL-3.0-or-later
// X.509 certificates (RFC 5280) of a site, its workstations and its recipients, and requests for
// them (PKCS #10, RFC 2986). A certificate is never judged by today's date: evidence is read years
// later, and what counts is when something was signed (envelope.h).
#pragma once

#include "base/digest.h"
#include "base/util.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERTIFICATE_MAX 16384       // bytes of a PEM file
#define CERTIFICATE_NAME_MAX 64     // bytes of a common name (RFC 5280: ub-common-name)
#define CERTIFICATE_IDENTITY_MAX 64 // bytes of a serialNumber (ub-serial-number)
#define CERTIFICATE_NOTE_MAX 4096   // bytes of what a request says besides

enum certificate_use {
    CERTIFICATE_SITE,      // issues certificates, signs bundles
    CERTIFICATE_HOST,      // a workstation: signs packages
    CERTIFICATE_RECIPIENT, // opens what was encrypted to it
    CERTIFICATE_USE_MAX,
};

void certificate_free_p(X509 **certificate);

// PEM or DER. −EBADMSG: none, or not of a P-256 key.
must_check int certificate_decode(const void *data, size_t length, X509 **ret);
must_check int certificate_read_at(int dir, const char *name, X509 **ret);
// As PEM; the caller frees it.
must_check int certificate_encode(X509 *certificate, char **ret_pem);
// SHA-256 of its DER form, as `openssl x509 -fingerprint -sha256`.
must_check int certificate_fingerprint(X509 *certificate, uint8_t ret[DIGEST_SIZE]);
// Common name and serialNumber (in the subject: not the certificate's own number). The caller frees
// it. −ENOENT: it has none.
must_check int certificate_name(X509 *certificate, char **ret);
must_check int certificate_identity(X509 *certificate, char **ret);

// Is the key its own?
bool certificate_has_key(X509 *certificate, EVP_PKEY *key);

// ---- Issuing -----------------------------------------------------------------------------------

struct certificate_order {
    enum certificate_use use;
    const char *name;     // common name
    const char *identity; // serialNumber; may be NULL
    EVP_PKEY *key;        // whose it is: the public half is enough
    // Who signs; both NULL: it signs itself, with `key`.
    X509 *issuer;
    EVP_PKEY *issuer_key;
    uint64_t from_ns; // wall time; it ends `years` later
    unsigned years;
};

// −EINVAL: a name or identity that is too long or no UTF-8.
must_check int certificate_issue(const struct certificate_order *order, X509 **ret);

bool certificate_is_for(X509 *certificate, enum certificate_use use);
// Is it for this use, and did `site` sign it (itself, if it is the site's)? −EBADMSG; −EKEYREJECTED
// if it is for another use.
must_check int certificate_check(X509 *certificate, enum certificate_use use, X509 *site);

// ---- Asking for one ----------------------------------------------------------------------------

struct certificate_request {
    EVP_PKEY *key; // the public half
    char *name, *identity;
    char *note;                  // any text (unstructuredName, RFC 2985); NULL for none
    uint8_t digest[DIGEST_SIZE]; // SHA-256 of the whole in DER; only read
};

void certificate_request_clear(struct certificate_request *request);
static inline void certificate_request_clear_p(struct certificate_request *request)
{
    certificate_request_clear(request);
}

// Signed with `request->key`, so that nobody asks for another's. As PEM; the caller frees it.
must_check int certificate_request_encode(const struct certificate_request *request,
                                          char **ret_pem);
// −EBADMSG: none, its signature is not its key's, or it lacks a name or an identity.
must_check int certificate_request_decode(const void *pem, size_t length,
                                          struct certificate_request *ret);
