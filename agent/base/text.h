// SPDX-License-Identifier: GPL-3.0-or-later
// Text: what comes from outside is made printable before anybody sees it, and numbers are read
// strictly.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Returns a new string in which every byte of `data` that is not part of well-formed, printable
// UTF-8 (control and bidirectional-override characters too) and every backslash stands as \xNN. The
// result is pure, valid UTF-8 and can be printed, stored and put into JSON as it is. Cut after
// `max` bytes of input, with "…". Never NULL except on lack of memory. The caller frees it.
char *text_escape(const void *data, size_t length, size_t max);

// For what ought to be escaped already, but stands in a file that somebody may have changed: a
// copy, as it is if every character is printable, escaped otherwise. The caller frees it.
char *text_printable(const char *text);

// The way back: the bytes that text_escape() would write as `text`. −EINVAL if it would not have
// written it (a control character, a lone backslash, an escape that was not needed). The data is
// NUL-terminated after `*ret_length` bytes (NULL allowed); the caller frees it.
must_check int text_unescape(const char *text, char **ret_data, size_t *ret_length);

bool text_is_utf8(const void *data, size_t length);

// Length of the well-formed UTF-8 sequence that `data` begins with (1 to 4) and its code point; 0
// if there is none within `left` bytes, of which there is at least one.
size_t text_utf8_sequence(const void *data, size_t left, uint32_t *ret_code);

// Lower-case hexadecimal. `ret` must hold 2 × length + 1 bytes.
void text_hex(const void *data, size_t length, char *ret);

// Reads exactly 2 × length hexadecimal digits. −EINVAL if the text is anything else.
must_check int text_unhex(const char *text, size_t length, void *ret);

#define UUID_TEXT_SIZE 37
// Reads a UUID (RFC 9562, 36 characters) as lower-case text. −EINVAL: it is none, and *ret is
// untouched.
must_check int text_to_uuid(const char *text, char ret[UUID_TEXT_SIZE]);

// Reads a whole string as an unsigned number in `base`; −EINVAL (empty, sign, space, rest) or
// −ERANGE (over max).
must_check int text_to_u64(const char *text, int base, uint64_t max, uint64_t *ret);

// Copies a text that fits, which is asserted, into `ret` of `size` bytes.
void text_copy(char *ret, size_t size, const char *text);

// strdup that takes NULL as NULL; asprintf that returns the string (NULL on lack of memory).
char *text_dup(const char *text);
char *text_format(const char *format, ...) printf_like(1, 2);

bool text_equal(const char *a, const char *b);

// Replaces *field by a copy of value (NULL allowed); 0 or −ENOMEM, *field untouched then.
must_check int text_set(char **field, const char *value);

// The part of `path` after its last slash; `path` itself without one.
const char *text_basename(const char *path);
