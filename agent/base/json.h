// SPDX-License-Identifier: GPL-3.0-or-later
// Small helpers over json-c: absent is absent (never null), and reading never fails loudly.
#pragma once

#include "base/util.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

static inline void json_put_p(json_object **object)
{
    json_object_put(*object);
}
#define CLEANUP_JSON CLEANUP(json_put_p)

// Adds nothing for NULL.
void json_add_text(json_object *object, const char *key, const char *value);
void json_add_number(json_object *object, const char *key, uint64_t value);
void json_add_bool(json_object *object, const char *key, bool value);
// Takes over `value`.
void json_add(json_object *object, const char *key, json_object *value);
// On one line and with each "/" as it is, as JSON stands in rows and files. Borrowed from the
// object; NULL on lack of memory.
const char *json_to_line(json_object *object);
// The same, owned by the caller. −ENOMEM.
must_check int json_to_text(json_object *object, char **ret);
// The object under `key`, made if it is missing. Borrowed.
json_object *json_section(json_object *object, const char *key);

// NULL, 0 or false if it is missing or of another type; `object` may be NULL. Borrowed.
json_object *json_get(json_object *object, const char *key);
const char *json_get_text(json_object *object, const char *key);
uint64_t json_get_number(json_object *object, const char *key);
bool json_get_bool(json_object *object, const char *key);

// One object or array (`type`) and nothing behind it, at most 32 deep; NULL for anything else. The
// caller puts it.
json_object *json_parse(const char *text, size_t length, json_type type);

// One object of at most `max` bytes, written as json_to_line() writes it, byte for byte; NULL for
// anything else. The caller puts it.
json_object *json_parse_exact(const char *text, size_t max);
// Would both be written alike? What was read and is written again shows all that was overlooked.
bool json_is_same(json_object *a, json_object *b);

// One object of RFC 8259 and nothing but space around it, that every reader takes alike: UTF-8, at
// most 32 deep, no key twice in one object, no \u0000 and no half of a surrogate pair.
bool json_is_object(const char *text, size_t length);
