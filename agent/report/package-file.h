// SPDX-License-Identifier: GPL-3.0-or-later
// One file of a package: its size and SHA-256, or all of it.
#pragma once

#include "base/digest.h"
#include "base/util.h"

#include <stdint.h>

// A regular file only, no link: −EINVAL for anything else.
must_check int package_file_hash(int folder, const char *name, uint64_t *ret_size,
                                 uint8_t ret_sha256[DIGEST_SIZE]);

// All of it, with a NUL behind; the caller frees it. −EINVAL as above; −EFBIG: more than `max`.
must_check int package_file_read(int folder, const char *name, size_t max, char **ret_data,
                                 size_t *ret_length);
