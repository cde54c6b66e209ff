// SPDX-License-Identifier: GPL-3.0-or-later
// Ed25519 over libsodium, whose secret key is the private key with the public one behind it.
#include "base/ed25519.h"

#include <assert.h>
#include <errno.h>
#include <sodium/core.h>
#include <sodium/crypto_sign_ed25519.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>

static_assert(ED25519_KEY_SIZE == crypto_sign_ed25519_SEEDBYTES, "a private key is a seed");
static_assert(ED25519_KEY_SIZE == crypto_sign_ed25519_PUBLICKEYBYTES, "a public key is a point");
static_assert(ED25519_SIGNATURE_SIZE == crypto_sign_ed25519_BYTES, "a signature is R and S");

int ed25519_public_of(const uint8_t private_key[ED25519_KEY_SIZE],
                      uint8_t ret_public[ED25519_KEY_SIZE])
{
    uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES];
    int r = crypto_sign_ed25519_seed_keypair(ret_public, secret, private_key) == 0 ? 0 : -EIO;
    sodium_memzero(secret, sizeof secret);
    return r;
}

int ed25519_generate(uint8_t ret_private[ED25519_KEY_SIZE], uint8_t ret_public[ED25519_KEY_SIZE])
{
    if (sodium_init() < 0)
        return -EIO;
    randombytes_buf(ret_private, ED25519_KEY_SIZE);
    return ed25519_public_of(ret_private, ret_public);
}

int ed25519_sign(const uint8_t private_key[ED25519_KEY_SIZE], const void *data, size_t length,
                 uint8_t ret[ED25519_SIGNATURE_SIZE])
{
    uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES], public_key[ED25519_KEY_SIZE];
    int r = -EIO;
    if (crypto_sign_ed25519_seed_keypair(public_key, secret, private_key) == 0 &&
        crypto_sign_ed25519_detached(ret, NULL, data, length, secret) == 0)
        r = 0;
    sodium_memzero(secret, sizeof secret);
    return r;
}

int ed25519_check(const uint8_t public_key[ED25519_KEY_SIZE], const void *data, size_t length,
                  const uint8_t signature[ED25519_SIGNATURE_SIZE])
{
    return crypto_sign_ed25519_verify_detached(signature, data, length, public_key) == 0 ? 0
                                                                                         : -EBADMSG;
}

void ed25519_forget(uint8_t private_key[ED25519_KEY_SIZE])
{
    sodium_memzero(private_key, ED25519_KEY_SIZE);
}
