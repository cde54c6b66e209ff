// SPDX-License-Identifier: GPL-3.0-or-later
// Sealed and signed messages (CMS, RFC 5652), which `openssl cms` alone opens. Everything is in
// memory, so everything has a limit; what is larger is cut into parts.
#pragma once

#include "base/util.h"

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>

#define ENVELOPE_MAX (UINT32_C(8) << 20)                 // bytes of a CMS file
#define ENVELOPE_CONTENT_MAX (ENVELOPE_MAX - (64 << 10)) // of what is in it
#define ENVELOPE_RECIPIENTS_MAX 8

// ---- To be read by some only -------------------------------------------------------------------

// AuthEnvelopedData (RFC 5083): AES-256-GCM, its key agreed with each recipient (ECDH, RFC 5753).
// DER; the caller frees it. −EMSGSIZE; −EINVAL: no recipient, or too many.
must_check int envelope_seal(const void *data, size_t length, X509 *const *recipients,
                             size_t n_recipients, uint8_t **ret, size_t *ret_length);

// −EBADMSG: no such message, or it was changed; −ENOKEY: it is not for this recipient. The caller
// frees *ret, which has a NUL behind its `*ret_length` bytes.
must_check int envelope_open(const void *der, size_t length, X509 *recipient, EVP_PKEY *key,
                             uint8_t **ret, size_t *ret_length);

// ---- To be believed ----------------------------------------------------------------------------

// SignedData with the content, the signer's certificate and the time of signing in it.
must_check int envelope_sign(const void *data, size_t length, X509 *signer, EVP_PKEY *key,
                             uint8_t **ret, size_t *ret_length);

struct envelope_signed {
    uint8_t *data; // with a NUL behind it
    size_t length;
    X509 *signer;          // proven to have signed it; whose it is, certificate_check() says
    uint64_t signed_at_ns; // wall time, as the signer says
};

void envelope_signed_clear(struct envelope_signed *message);
static inline void envelope_signed_clear_p(struct envelope_signed *message)
{
    envelope_signed_clear(message);
}

// −EBADMSG: not one message with one signer whose certificate is in it, or the signature is wrong.
must_check int envelope_read_signed(const void *der, size_t length, struct envelope_signed *ret);
