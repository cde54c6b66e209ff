// SPDX-License-Identifier: GPL-3.0-or-later
// Keys of workstations, recipients and sites: P-256 (FIPS 186-5), which every reader of CMS takes
// for signing and for encrypting. OpenSSL keeps 4 MB resident, so nothing of this room is linked
// into the agent: commands use it.
#pragma once

#include "base/digest.h"
#include "base/util.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stdint.h>

#define KEY_SECRET_SIZE 32

void key_free_p(EVP_PKEY **key);

// −EIO: OpenSSL could not.
must_check int key_generate(EVP_PKEY **ret);

// P-256, private or public.
bool key_is_ours(const EVP_PKEY *key);

// A PEM file (PKCS #8). −ENOENT; −EBADMSG: no P-256 key; −EACCES: it has another passphrase, or one
// although `passphrase` is NULL.
must_check int key_read_at(int dir, const char *name, const char *passphrase, EVP_PKEY **ret);

// Mode 0600, durable; with a passphrase encrypted (PBES2, AES-256). −EEXIST: there is one, and it
// stays.
must_check int key_write_at(int dir, const char *name, EVP_PKEY *key, const char *passphrase);

// SHA-256 of the public half (SubjectPublicKeyInfo in DER), by which a key is known.
must_check int key_digest(EVP_PKEY *key, uint8_t ret[DIGEST_SIZE]);

// The private half alone, for paper, and the key made of it. −EINVAL: no key has this half.
must_check int key_get_secret(EVP_PKEY *key, uint8_t ret[KEY_SECRET_SIZE]);
must_check int key_from_secret(const uint8_t secret[KEY_SECRET_SIZE], EVP_PKEY **ret);
