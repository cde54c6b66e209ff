// SPDX-License-Identifier: GPL-3.0-or-later
// Fields of foreign documents.
#include "base/json-take.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

int json_take_text(json_object *object, const char *key, size_t max, char **ret)
{
    const char *text = json_get_text(object, key);
    if (!text || text[0] == '\0' || strlen(text) > max ||
        strlen(text) != (size_t)json_object_get_string_len(json_get(object, key)))
        return -EBADMSG;
    CLEANUP_FREE char *printable = text_printable(text);
    if (!printable)
        return -ENOMEM;
    if (strcmp(printable, text) != 0)
        return -EBADMSG;
    *ret = TAKE_PTR(printable);
    return 0;
}

int json_take_number(json_object *object, const char *key, uint64_t *ret)
{
    json_object *value = json_get(object, key);
    if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0 ||
        json_object_get_uint64(value) > INT64_MAX)
        return -EBADMSG;
    *ret = json_object_get_uint64(value);
    return 0;
}

// The way back has to give the same text: small letters only.
static int take_hex(json_object *object, const char *key, size_t size, uint8_t *ret)
{
    uint8_t bytes[DIGEST_SIZE];
    char again[DIGEST_TEXT_SIZE];
    const char *hex = json_get_text(object, key);
    if (!hex || text_unhex(hex, size, bytes) < 0)
        return -EBADMSG;
    text_hex(bytes, size, again);
    if (!text_equal(hex, again))
        return -EBADMSG;
    memcpy(ret, bytes, size);
    return 0;
}

int json_take_hash(json_object *object, const char *key, uint8_t ret[DIGEST_SIZE])
{
    return take_hex(object, key, DIGEST_SIZE, ret);
}

int json_take_id(json_object *object, const char *key, char ret[ID_TEXT_SIZE])
{
    uint8_t id[(ID_TEXT_SIZE - 1) / 2];
    int r = take_hex(object, key, sizeof id, id);
    if (r == 0)
        text_hex(id, sizeof id, ret);
    return r;
}

void json_add_hash(json_object *object, const char *key, const uint8_t hash[DIGEST_SIZE])
{
    char hex[DIGEST_TEXT_SIZE];
    text_hex(hash, DIGEST_SIZE, hex);
    json_add_text(object, key, hex);
}
