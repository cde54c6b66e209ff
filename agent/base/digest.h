// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256, by libsodium.
#pragma once

#include "base/util.h"

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32
#define DIGEST_TEXT_SIZE (2 * DIGEST_SIZE + 1)

// SHA-256 of one buffer.
void digest_of(const void *data, size_t length, uint8_t ret[DIGEST_SIZE]);

// Piecewise. digest_free() takes NULL.
struct digest;
must_check int digest_new(struct digest **ret);
void digest_free(struct digest *digest);
void digest_reset(struct digest *digest);
void digest_add(struct digest *digest, const void *data, size_t length);
void digest_end(struct digest *digest, uint8_t ret[DIGEST_SIZE]);
DEFINE_CLEANUP(struct digest, digest_free)
