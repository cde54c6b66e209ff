// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a call's arguments.
#include "bus/arguments.h"

#include "base/text.h"
#include "bus/bus.h"

#include <errno.h>
#include <string.h>

void arguments_clear(struct arguments *arguments)
{
    for (size_t i = 0; i < ARGUMENT_TEXTS_MAX; i++)
        free(arguments->texts[i]);
    json_object_put(arguments->document);
    *arguments = (struct arguments){0};
}

static int read_text(sd_bus_message *message, char **ret)
{
    const char *text;
    int r = sd_bus_message_read(message, "s", &text);
    if (r <= 0)
        return -EINVAL;
    if (strlen(text) > ARGUMENT_TEXT_MAX)
        return -EMSGSIZE;
    char *copy = text_printable(text);
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    return 0;
}

static int clean_value(json_object *value);

static int clean_text(json_object *value)
{
    CLEANUP_FREE char *text = text_printable(json_object_get_string(value));
    return text && json_object_set_string(value, text) ? 0 : -ENOMEM;
}

// Keys are names in programs, not words for people: what is not printable is refused.
static int check_key(const char *key)
{
    CLEANUP_FREE char *text = text_printable(key);
    if (!text)
        return -ENOMEM;
    return strcmp(text, key) == 0 ? 0 : -EINVAL;
}

static int clean_object(json_object *object)
{
    json_object_object_foreach(object, key, value)
    {
        int r = check_key(key);
        if (r < 0)
            return r;
        r = clean_value(value);
        if (r < 0)
            return r;
    }
    return 0;
}

static int clean_array(json_object *array)
{
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        int r = clean_value(json_object_array_get_idx(array, i));
        if (r < 0)
            return r;
    }
    return 0;
}

static int clean_value(json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        return clean_text(value);
    case json_type_object:
        return clean_object(value);
    case json_type_array:
        return clean_array(value);
    case json_type_null:
    case json_type_boolean:
    case json_type_double:
    case json_type_int:
        break;
    }
    return 0;
}

static int read_document(sd_bus_message *message, json_object **ret)
{
    json_object *document = NULL;
    int r = bus_read_json(message, &document);
    if (r < 0)
        return r == -ENOMEM || r == -EMSGSIZE ? r : -EINVAL;
    r = clean_value(document);
    if (r == 0 && strlen(json_object_to_json_string(document)) > ARGUMENT_DOCUMENT_MAX)
        r = -EMSGSIZE;
    if (r < 0) {
        json_object_put(document);
        return r;
    }
    *ret = document;
    return 0;
}

static int read_all(sd_bus_message *message, const char *signature, struct arguments *arguments)
{
    size_t n_texts = 0;
    int r = 0, flag;
    for (const char *s = signature; *s && r == 0; s++) {
        switch (*s) {
        case 's':
            r = read_text(message, &arguments->texts[n_texts++]);
            break;
        case 'b':
            r = sd_bus_message_read(message, "b", &flag) > 0 ? 0 : -EINVAL;
            arguments->flag = r == 0 && flag;
            break;
        case 't':
            r = sd_bus_message_read(message, "t", &arguments->number) > 0 ? 0 : -EINVAL;
            break;
        case 'a': // always the last
            return read_document(message, &arguments->document);
        }
    }
    return r;
}

int arguments_read(sd_bus_message *message, const char *signature, struct arguments *ret)
{
    struct arguments arguments = {0};
    if (!sd_bus_message_has_signature(message, signature))
        return -EINVAL;
    int r = read_all(message, signature, &arguments);
    if (r < 0) {
        arguments_clear(&arguments);
        return r;
    }
    *ret = arguments;
    return 0;
}
