// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of this room share: OpenSSL's memory files, and its queue of errors.
#pragma once

#include "base/util.h"

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>

void openssl_free_bio_p(BIO **memory);

// A copy of what was written to a memory file; the caller frees it.
must_check int openssl_take_bio(BIO *memory, uint8_t **ret, size_t *ret_length);

// Empties OpenSSL's queue, so that nobody meets an old error, and returns `error`.
int openssl_failed(int error);
