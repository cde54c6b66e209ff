// SPDX-License-Identifier: GPL-3.0-or-later
// Ed25519 signatures (RFC 8032), by libsodium: small beside libcrypto, of which a
// daemon that needs these two algorithms only would keep 4 MB resident.
#pragma once

#include "base/util.h"

#include <stddef.h>
#include <stdint.h>

#define ED25519_KEY_SIZE 32 // private and public alike
#define ED25519_SIGNATURE_SIZE 64

// A new pair from the kernel's randomness. −EIO.
must_check int ed25519_generate(uint8_t ret_private[ED25519_KEY_SIZE],
                                uint8_t ret_public[ED25519_KEY_SIZE]);
must_check int ed25519_public_of(const uint8_t private_key[ED25519_KEY_SIZE],
                                 uint8_t ret_public[ED25519_KEY_SIZE]);
must_check int ed25519_sign(const uint8_t private_key[ED25519_KEY_SIZE], const void *data,
                            size_t length, uint8_t ret[ED25519_SIGNATURE_SIZE]);
// 0; −EBADMSG if the signature is not of this key over this data, or a point is of small order.
must_check int ed25519_check(const uint8_t public_key[ED25519_KEY_SIZE], const void *data,
                             size_t length, const uint8_t signature[ED25519_SIGNATURE_SIZE]);

// Overwrites a secret so that the compiler can't leave it out.
void ed25519_forget(uint8_t private_key[ED25519_KEY_SIZE]);
