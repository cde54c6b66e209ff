// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the policy's room: how what was compiled from it stands in a file: one line
// "MAGIC 1 SHA256\n" with the SHA-256 (hexadecimal) of all that follows, then one JSON object.
#pragma once

#include "base/json.h"

#include <stddef.h>

// −EFBIG over `max` bytes.
must_check int compiled_write(const char *magic, json_object *object, size_t max, char **ret_text,
                              size_t *ret_length);
// −EBADMSG (damaged, foreign), −EPROTONOSUPPORT (another version). The caller puts the object.
must_check int compiled_read(const char *magic, const char *text, size_t length, size_t max,
                             json_object **ret);
