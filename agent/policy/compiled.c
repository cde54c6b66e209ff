// SPDX-License-Identifier: GPL-3.0-or-later
// The line before the JSON object, written and checked.
#include "policy/compiled.h"

#include "base/digest.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define VERSION "1 "

int compiled_write(const char *magic, json_object *object, size_t max, char **ret_text,
                   size_t *ret_length)
{
    size_t length = 0;
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_TEXT_SIZE];
    const char *json = json_object_to_json_string_length(
        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);
    if (!json)
        return -ENOMEM;
    size_t head = strlen(magic) + strlen(" " VERSION) + DIGEST_TEXT_SIZE; // the newline for the NUL
    if (head + length > max)
        return -EFBIG;
    digest_of(json, length, digest);
    text_hex(digest, sizeof digest, hex);
    char *text = text_format("%s " VERSION "%s\n%s", magic, hex, json);
    if (!text)
        return -ENOMEM;
    *ret_text = text;
    *ret_length = head + length;
    return 0;
}

// *ret: where the object begins.
static int check_head(const char *magic, const char *text, size_t length, size_t *ret)
{
    size_t name = strlen(magic), head = name + strlen(" " VERSION);
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_TEXT_SIZE];
    if (length <= name || memcmp(text, magic, name) != 0 || text[name] != ' ')
        return -EBADMSG;
    if (length < head || memcmp(text + name + 1, VERSION, strlen(VERSION)) != 0)
        return -EPROTONOSUPPORT;
    size_t body = head + DIGEST_TEXT_SIZE;
    if (length <= body || text[body - 1] != '\n')
        return -EBADMSG;
    digest_of(text + body, length - body, digest);
    text_hex(digest, sizeof digest, hex);
    if (memcmp(text + head, hex, strlen(hex)) != 0)
        return -EBADMSG;
    *ret = body;
    return 0;
}

int compiled_read(const char *magic, const char *text, size_t length, size_t max, json_object **ret)
{
    size_t body = 0;
    int r = length > max ? -EBADMSG : check_head(magic, text, length, &body);
    if (r < 0)
        return r;
    json_object *object = json_parse(text + body, length - body, json_type_object);
    if (!object)
        return -EBADMSG;
    *ret = object;
    return 0;
}
