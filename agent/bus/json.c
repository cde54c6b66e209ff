// SPDX-License-Identifier: GPL-3.0-or-later
// JSON documents as D-Bus containers and back. A sender decides how much comes in: depth and number
// of values have limits.
#include "bus/bus.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define DEPTH_MAX 16
#define VALUES_MAX 100000

// ---- To D-Bus ----------------------------------------------------------------------------------

static int append_value(sd_bus_message *message, json_object *value, unsigned depth);

static int append_text(sd_bus_message *message, json_object *value)
{
    const char *text = json_object_get_string(value);
    if (strlen(text) != (size_t)json_object_get_string_len(value))
        return -EINVAL; // D-Bus strings end at the first NUL
    return sd_bus_message_append(message, "v", "s", text);
}

static int append_integer(sd_bus_message *message, json_object *value)
{
    int64_t number = json_object_get_int64(value);
    if (number == INT64_MAX) // json-c clamps what is larger
        return sd_bus_message_append(message, "v", "t", json_object_get_uint64(value));
    return sd_bus_message_append(message, "v", "x", number);
}

static int append_array(sd_bus_message *message, json_object *array, unsigned depth)
{
    int r = sd_bus_message_open_container(message, 'a', "v");
    for (size_t i = 0; r >= 0 && i < json_object_array_length(array); i++)
        r = append_value(message, json_object_array_get_idx(array, i), depth);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_member(sd_bus_message *message, const char *key, json_object *value,
                         unsigned depth)
{
    int r = sd_bus_message_open_container(message, 'e', "sv");
    if (r < 0)
        return r;
    r = sd_bus_message_append(message, "s", key);
    if (r < 0)
        return r;
    r = append_value(message, value, depth);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_object(sd_bus_message *message, json_object *object, unsigned depth)
{
    int r = sd_bus_message_open_container(message, 'a', "{sv}");
    if (r < 0)
        return r;
    json_object_object_foreach(object, key, value)
    {
        r = append_member(message, key, value, depth);
        if (r < 0)
            return r;
    }
    return sd_bus_message_close_container(message);
}

static int append_container(sd_bus_message *message, json_object *value, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return -EMSGSIZE;
    return json_object_is_type(value, json_type_array) ? append_array(message, value, depth + 1)
                                                       : append_object(message, value, depth + 1);
}

static int append_value(sd_bus_message *message, json_object *value, unsigned depth)
{
    switch (json_object_get_type(value)) {
    case json_type_null: // D-Bus has none; nothing else of ours is a signature
        return sd_bus_message_append(message, "v", "g", "");
    case json_type_boolean:
        return sd_bus_message_append(message, "v", "b", (int)json_object_get_boolean(value));
    case json_type_double:
        return sd_bus_message_append(message, "v", "d", json_object_get_double(value));
    case json_type_int:
        return append_integer(message, value);
    case json_type_string:
        return append_text(message, value);
    case json_type_object:
    case json_type_array:
        break;
    }
    const char *type = json_object_is_type(value, json_type_array) ? "av" : "a{sv}";
    int r = sd_bus_message_open_container(message, 'v', type);
    if (r < 0)
        return r;
    r = append_container(message, value, depth);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

int bus_append_json(sd_bus_message *message, json_object *object)
{
    if (!json_object_is_type(object, json_type_object) &&
        !json_object_is_type(object, json_type_array))
        return -EINVAL;
    int r = append_container(message, object, 0);
    return r < 0 ? r : 0;
}

// ---- From D-Bus --------------------------------------------------------------------------------

struct reading {
    sd_bus_message *message;
    unsigned values; // read so far
};

static int read_container(struct reading *reading, const char *contents, unsigned depth,
                          json_object **ret);

// What bus_append_json() or a caller's own binding would send for a value without parts.
static const char basic_types[] = "bynqiuxtdsog";

static int read_basic(sd_bus_message *message, char type, json_object **ret)
{
    union {
        int boolean;
        uint8_t y;
        int16_t n;
        uint16_t q;
        int32_t i;
        uint32_t u;
        int64_t x;
        uint64_t t;
        double d;
        const char *s;
    } value;
    if (!memchr(basic_types, type, sizeof basic_types - 1))
        return -EBADMSG;
    int r = sd_bus_message_read_basic(message, type, &value);
    if (r <= 0)
        return r < 0 ? r : -EBADMSG;

    json_object *object = NULL;
    switch (type) {
    case 'b':
        object = json_object_new_boolean(value.boolean);
        break;
    case 'y':
        object = json_object_new_int64(value.y);
        break;
    case 'n':
        object = json_object_new_int64(value.n);
        break;
    case 'q':
        object = json_object_new_int64(value.q);
        break;
    case 'i':
        object = json_object_new_int64(value.i);
        break;
    case 'u':
        object = json_object_new_int64(value.u);
        break;
    case 'x':
        object = json_object_new_int64(value.x);
        break;
    case 't':
        object = json_object_new_uint64(value.t);
        break;
    case 'd':
        if (!isfinite(value.d))
            return -EBADMSG; // JSON knows no infinity
        object = json_object_new_double(value.d);
        break;
    case 's':
    case 'o':
        object = json_object_new_string(value.s);
        break;
    case 'g':
        if (value.s[0])
            return -EBADMSG;
        *ret = NULL;
        return 0;
    default:
        return -EBADMSG;
    }
    if (!object)
        return -ENOMEM;
    *ret = object;
    return 0;
}

// One "v": enters it, reads what it holds, leaves it.
static int read_variant(struct reading *reading, unsigned depth, json_object **ret)
{
    const char *contents;
    char type;
    int r = sd_bus_message_peek_type(reading->message, &type, &contents);
    if (r < 0)
        return r;
    if (r == 0 || type != 'v')
        return -EBADMSG;
    if (++reading->values > VALUES_MAX)
        return -EMSGSIZE;
    r = sd_bus_message_enter_container(reading->message, 'v', contents);
    if (r < 0)
        return r;
    r = sd_bus_message_peek_type(reading->message, &type, &contents);
    if (r < 0)
        return r;

    json_object *value = NULL;
    r = type == 'a' ? read_container(reading, contents, depth, &value)
                    : read_basic(reading->message, type, &value);
    if (r < 0)
        return r;
    r = sd_bus_message_exit_container(reading->message);
    if (r < 0) {
        json_object_put(value);
        return r;
    }
    *ret = value;
    return 0;
}

static int read_element(struct reading *reading, json_object *array, unsigned depth)
{
    json_object *value = NULL;
    int r = read_variant(reading, depth, &value);
    if (r < 0)
        return r;
    if (json_object_array_add(array, value) < 0) {
        json_object_put(value);
        return -ENOMEM;
    }
    return 0;
}

static int read_member(struct reading *reading, json_object *object, unsigned depth)
{
    const char *key;
    json_object *value = NULL;
    int r = sd_bus_message_enter_container(reading->message, 'e', "sv");
    if (r < 0)
        return r;
    r = sd_bus_message_read(reading->message, "s", &key);
    if (r < 0)
        return r;
    if (json_object_object_get_ex(object, key, NULL))
        return -EBADMSG; // a doubled key: which of the two is meant?
    r = read_variant(reading, depth, &value);
    if (r < 0)
        return r;
    if (json_object_object_add(object, key, value) < 0) {
        json_object_put(value);
        return -ENOMEM;
    }
    return sd_bus_message_exit_container(reading->message);
}

static int read_parts(struct reading *reading, bool is_object, unsigned depth, json_object *parts)
{
    int r;
    while ((r = sd_bus_message_at_end(reading->message, false)) == 0) {
        r = is_object ? read_member(reading, parts, depth) : read_element(reading, parts, depth);
        if (r < 0)
            return r;
    }
    return r < 0 ? r : sd_bus_message_exit_container(reading->message);
}

static int read_container(struct reading *reading, const char *contents, unsigned depth,
                          json_object **ret)
{
    bool is_object = strcmp(contents, "{sv}") == 0;
    if (!is_object && strcmp(contents, "v") != 0)
        return -EBADMSG;
    if (depth > DEPTH_MAX)
        return -EMSGSIZE;
    int r = sd_bus_message_enter_container(reading->message, 'a', contents);
    if (r < 0)
        return r;

    json_object *parts = is_object ? json_object_new_object() : json_object_new_array();
    if (!parts)
        return -ENOMEM;
    r = read_parts(reading, is_object, depth + 1, parts);
    if (r < 0) {
        json_object_put(parts);
        return r;
    }
    *ret = parts;
    return 0;
}

int bus_read_json(sd_bus_message *message, json_object **ret)
{
    struct reading reading = {.message = message};
    const char *contents;
    char type;
    int r = sd_bus_message_peek_type(message, &type, &contents);
    if (r < 0)
        return r;
    if (r == 0 || type != 'a')
        return -EBADMSG;
    return read_container(&reading, contents, 0, ret);
}
