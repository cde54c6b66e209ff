// SPDX-License-Identifier: GPL-3.0-or-later
// Size and SHA-256 of one file of a package.
#pragma once

#include "base/digest.h"
#include "base/util.h"

#include <stdint.h>

// A regular file only, no link: −EINVAL for anything else.
must_check int package_file_hash(int folder, const char *name, uint64_t *ret_size,
                                 uint8_t ret_sha256[DIGEST_SIZE]);
