// SPDX-License-Identifier: GPL-3.0-or-later
// Adding to and reading from JSON objects.
#include "base/json.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define ASCII_MAX 3 // bytes in ASCII for one of UTF-8: "\\u00e9" stands for two, a pair for four

void json_add(json_object *object, const char *key, json_object *value)
{
    // Both fail on lack of memory only; a document with holes would be a lie.
    if (!value || json_object_object_add(object, key, value) < 0)
        abort();
}

void json_add_text(json_object *object, const char *key, const char *value)
{
    if (value)
        json_add(object, key, json_object_new_string(value));
}

void json_add_number(json_object *object, const char *key, uint64_t value)
{
    json_add(object, key, json_object_new_uint64(value));
}

void json_add_bool(json_object *object, const char *key, bool value)
{
    json_add(object, key, json_object_new_boolean(value));
}

const char *json_to_line(json_object *object)
{
    return json_object_to_json_string_ext(object,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

int json_to_text(json_object *object, char **ret)
{
    char *text = text_dup(json_to_line(object));
    if (!text)
        return -ENOMEM;
    *ret = text;
    return 0;
}

bool json_is_same(json_object *a, json_object *b)
{
    return text_equal(json_to_line(a), json_to_line(b));
}

json_object *json_section(json_object *object, const char *key)
{
    json_object *section = json_get(object, key);
    if (!section)
        json_add(object, key, section = json_object_new_object());
    return section;
}

json_object *json_get(json_object *object, const char *key)
{
    json_object *value = NULL;
    if (!object || !json_object_is_type(object, json_type_object))
        return NULL;
    return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

const char *json_get_text(json_object *object, const char *key)
{
    json_object *value = json_get(object, key);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

uint64_t json_get_number(json_object *object, const char *key)
{
    json_object *value = json_get(object, key);
    return json_object_is_type(value, json_type_int) ? json_object_get_uint64(value) : 0;
}

bool json_get_bool(json_object *object, const char *key)
{
    json_object *value = json_get(object, key);
    return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

// ---- Parsing -----------------------------------------------------------------------------------

// "\uXXXX", or two of them beyond the first plane.
static char *put_escaped(char *out, uint32_t code)
{
    static const size_t size = sizeof "\\u0000";
    if (code < 0x10000)
        return out + snprintf(out, size, "\\u%04x", code & 0xFFFF);
    code -= 0x10000;
    out += snprintf(out, size, "\\u%04x", 0xD800 | (code >> 10 & 0x3FF));
    return out + snprintf(out, size, "\\u%04x", 0xDC00 | (code & 0x3FF));
}

// The same document in ASCII: json-c 0.18, where it is strict, takes every byte beyond ASCII for a
// control character. NULL if it is not UTF-8, or on lack of memory.
static char *to_ascii(const char *text, size_t length, size_t *ret_length)
{
    CLEANUP_FREE char *ascii = malloc(length * ASCII_MAX + 1);
    if (!ascii)
        return NULL;
    char *out = ascii;
    bool escaped = false; // after a backslash that begins an escape
    uint32_t code = 0;
    for (size_t i = 0, n; i < length; i += n) {
        n = text_utf8_sequence(text + i, length - i, &code);
        if (n == 0 || (n > 1 && escaped))
            return NULL;
        escaped = !escaped && text[i] == '\\';
        if (n == 1)
            *out++ = text[i];
        else
            out = put_escaped(out, code);
    }
    *ret_length = (size_t)(out - ascii);
    return TAKE_PTR(ascii);
}

json_object *json_parse(const char *text, size_t length, json_type type)
{
    size_t ascii_length = 0;
    if (length == 0 || length > INT_MAX / ASCII_MAX)
        return NULL;
    CLEANUP_FREE char *ascii = to_ascii(text, length, &ascii_length);
    struct json_tokener *tokener = ascii ? json_tokener_new_ex(32) : NULL;
    if (!tokener)
        return NULL;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    json_object *object = json_tokener_parse_ex(tokener, ascii, (int)ascii_length);
    bool whole = json_tokener_get_error(tokener) == json_tokener_success;
    json_tokener_free(tokener);
    if (object && (!whole || !json_object_is_type(object, type))) {
        json_object_put(object);
        return NULL;
    }
    return object;
}

// json-c keeps the last of two equal keys and forgives spaces: only the text itself tells.
json_object *json_parse_exact(const char *text, size_t max)
{
    size_t length = strnlen(text, max + 1);
    json_object *object = length <= max ? json_parse(text, length, json_type_object) : NULL;
    if (object && text_equal(json_to_line(object), text))
        return object;
    json_object_put(object);
    return NULL;
}
