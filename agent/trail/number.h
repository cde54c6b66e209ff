// SPDX-License-Identifier: GPL-3.0-or-later
// My Numbers in texts become tokens (see trail.h).
#pragma once

#include "base/util.h"

#include <stdint.h>

#define NUMBER_KEY_SIZE 32

// A copy of the escaped text in which "[MN:" and 16 hexadecimal digits stand for each twelve digits
// that pass the check digit: in one run, which is not longer, or in several with one hyphen or
// space between each and the next. −ENOMEM. The caller frees it.
must_check int number_mask(const char *text, const uint8_t key[NUMBER_KEY_SIZE], char **ret);
