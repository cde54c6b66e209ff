// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 over libsodium.
#include "base/digest.h"

#include <assert.h>
#include <errno.h>
#include <sodium/crypto_hash_sha256.h>

static_assert(DIGEST_SIZE == crypto_hash_sha256_BYTES, "a digest is a SHA-256");

struct digest {
    crypto_hash_sha256_state state;
};

void digest_of(const void *data, size_t length, uint8_t ret[DIGEST_SIZE])
{
    (void)crypto_hash_sha256(ret, data, length); // can't fail, nor can its parts below
}

int digest_new(struct digest **ret)
{
    struct digest *digest = calloc(1, sizeof *digest);
    if (!digest)
        return -ENOMEM;
    digest_reset(digest);
    *ret = digest;
    return 0;
}

void digest_free(struct digest *digest)
{
    free(digest);
}

void digest_reset(struct digest *digest)
{
    (void)crypto_hash_sha256_init(&digest->state);
}

void digest_add(struct digest *digest, const void *data, size_t length)
{
    (void)crypto_hash_sha256_update(&digest->state, data, length);
}

void digest_end(struct digest *digest, uint8_t ret[DIGEST_SIZE])
{
    (void)crypto_hash_sha256_final(&digest->state, ret);
}
