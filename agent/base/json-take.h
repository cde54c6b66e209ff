// SPDX-License-Identifier: GPL-3.0-or-later
// Taking fields out of a document that comes from elsewhere: what is missing, of another type or
// out of range is −EBADMSG, and the output is untouched.
#pragma once

#include "base/digest.h"
#include "base/json.h"
#include "base/util.h"

#include <stddef.h>
#include <stdint.h>

#define ID_TEXT_SIZE 33 // 32 hexadecimal digits, as a ledger's name, and NUL

// Printable, of 1 to `max` bytes. The caller frees it.
must_check int json_take_text(json_object *object, const char *key, size_t max, char **ret);
// 0 to 2⁶³−1.
must_check int json_take_number(json_object *object, const char *key, uint64_t *ret);
must_check int json_take_hash(json_object *object, const char *key, uint8_t ret[DIGEST_SIZE]);
// In small letters.
must_check int json_take_id(json_object *object, const char *key, char ret[ID_TEXT_SIZE]);

void json_add_hash(json_object *object, const char *key, const uint8_t hash[DIGEST_SIZE]);
