// SPDX-License-Identifier: GPL-3.0-or-later
// Is a text one JSON object that every reader understands alike? RFC 8259, and stricter where that
// leaves a choice.
#include "base/json.h"
#include "base/text.h"

#include <limits.h>
#include <string.h>

#define DEPTH_MAX 32

struct form {
    const char *at, *end;
    unsigned depth;
    size_t members; // of all objects
};

static bool take(struct form *form, char c)
{
    if (form->at == form->end || *form->at != c)
        return false;
    form->at++;
    return true;
}

static void skip_space(struct form *form)
{
    while (form->at < form->end && *form->at && strchr(" \t\n\r", *form->at))
        form->at++;
}

// One digit or more.
static bool take_digits(struct form *form)
{
    const char *begin = form->at;
    while (form->at < form->end && *form->at >= '0' && *form->at <= '9')
        form->at++;
    return form->at > begin;
}

static bool take_number(struct form *form)
{
    (void)take(form, '-');
    if (!take(form, '0') && !take_digits(form))
        return false;
    if (take(form, '.') && !take_digits(form))
        return false;
    if (!take(form, 'e') && !take(form, 'E'))
        return true;
    (void)(take(form, '+') || take(form, '-'));
    return take_digits(form);
}

// The four digits behind \u.
static bool take_unit(struct form *form, unsigned *ret)
{
    uint8_t bytes[2];
    char digits[5] = "";
    if (form->end - form->at < 4)
        return false;
    memcpy(digits, form->at, 4);
    if (text_unhex(digits, sizeof bytes, bytes) < 0)
        return false;
    form->at += 4;
    *ret = (unsigned)bytes[0] << 8 | bytes[1];
    return true;
}

// A NUL ends a text for some readers, and half a surrogate pair is no character.
static bool take_unicode(struct form *form)
{
    unsigned unit, low;
    if (!take_unit(form, &unit) || unit == 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
        return false;
    if (unit < 0xD800 || unit > 0xDFFF)
        return true;
    return take(form, '\\') && take(form, 'u') && take_unit(form, &low) && low >= 0xDC00 &&
           low <= 0xDFFF;
}

static bool take_escape(struct form *form)
{
    if (take(form, 'u'))
        return take_unicode(form);
    if (form->at == form->end || !*form->at || !strchr("\"\\/bfnrt", *form->at))
        return false;
    form->at++;
    return true;
}

static bool take_string(struct form *form)
{
    if (!take(form, '"'))
        return false;
    while (form->at < form->end) {
        unsigned char c = (unsigned char)*form->at++;
        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !take_escape(form)))
            return false;
    }
    return false;
}

static bool take_value(struct form *form);

static bool take_member(struct form *form)
{
    skip_space(form);
    if (!take_string(form))
        return false;
    skip_space(form);
    form->members++;
    return take(form, ':') && take_value(form);
}

// Behind its opening bracket.
static bool take_items(struct form *form, bool (*item)(struct form *), char close)
{
    skip_space(form);
    if (take(form, close))
        return true;
    do {
        if (!item(form))
            return false;
        skip_space(form);
    } while (take(form, ','));
    return take(form, close);
}

static bool take_nested(struct form *form)
{
    if (form->depth == DEPTH_MAX)
        return false;
    form->depth++;
    bool good = take(form, '{')   ? take_items(form, take_member, '}')
                : take(form, '[') ? take_items(form, take_value, ']')
                                  : false;
    form->depth--;
    return good;
}

static bool take_word(struct form *form)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < ELEMENTS(words); i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(form->end - form->at) >= length && memcmp(form->at, words[i], length) == 0) {
            form->at += length;
            return true;
        }
    }
    return false;
}

static bool take_value(struct form *form)
{
    skip_space(form);
    if (form->at == form->end)
        return false;
    switch (*form->at) {
    case '{':
    case '[':
        return take_nested(form);
    case '"':
        return take_string(form);
    case 't':
    case 'f':
    case 'n':
        return take_word(form);
    default:
        return take_number(form);
    }
}

static size_t count_members(json_object *value)
{
    size_t n = 0;
    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, key, member)
        {
            (void)key;
            n += 1 + count_members(member);
        }
    }
    if (json_object_is_type(value, json_type_array))
        for (size_t i = 0; i < json_object_array_length(value); i++)
            n += count_members(json_object_array_get_idx(value, i));
    return n;
}

// Read into a table, a key that is there twice is there once.
static bool has_all_members(const char *text, size_t length, size_t members)
{
    struct json_tokener *tokener = json_tokener_new_ex(2 * DEPTH_MAX);
    if (!tokener)
        return false;
    CLEANUP_JSON json_object *object = json_tokener_parse_ex(tokener, text, (int)length);
    json_tokener_free(tokener);
    return object && count_members(object) == members;
}

bool json_is_object(const char *text, size_t length)
{
    struct form form = {.at = text, .end = text + length};
    if (length > INT_MAX || !text_is_utf8(text, length))
        return false;
    skip_space(&form);
    if (form.at == form.end || *form.at != '{' || !take_nested(&form))
        return false;
    skip_space(&form);
    return form.at == form.end && has_all_members(text, length, form.members);
}
