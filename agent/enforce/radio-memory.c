// SPDX-License-Identifier: GPL-3.0-or-later
// One JSON object: {"held": ["wifi", …], "kept": [{"type", "device"}, …]}.
#include "enforce/radio-memory.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (1 << 20)

void radio_memory_clear(struct radio_memory *memory)
{
    for (size_t i = 0; i < memory->n; i++)
        free(memory->kept[i].device);
    *memory = (struct radio_memory){0};
}

// ---- What is kept ------------------------------------------------------------------------------

static bool is_that(const struct radio_kept *kept, enum radio_type type, const char *device)
{
    return kept->type == type && text_equal(kept->device, device ? device : "");
}

bool radio_memory_keeps(const struct radio_memory *memory, const struct radio *radio)
{
    for (size_t i = 0; i < memory->n; i++)
        if (is_that(&memory->kept[i], radio->type, radio->device))
            return true;
    return false;
}

static int keep(struct radio_memory *memory, enum radio_type type, const char *device)
{
    if (memory->n >= RADIO_MEMORY_MAX)
        return -ENOSPC;
    char *copy = strdup(device ? device : "");
    if (!copy)
        return -ENOMEM;
    memory->kept[memory->n++] = (struct radio_kept){type, copy};
    return 0;
}

int radio_memory_keep(struct radio_memory *memory, const struct radio *radio)
{
    if (radio_memory_keeps(memory, radio))
        return 0;
    return keep(memory, radio->type, radio->device);
}

void radio_memory_forget(struct radio_memory *memory, enum radio_type type)
{
    memory->held &= ~(1U << type);
    for (size_t i = memory->n; i > 0; i--) {
        if (memory->kept[i - 1].type != type)
            continue;
        free(memory->kept[i - 1].device);
        memory->kept[i - 1] = memory->kept[--memory->n];
    }
}

// ---- The file ----------------------------------------------------------------------------------

static int read_held(json_object *word, struct radio_memory *memory)
{
    enum radio_type type;
    const char *text =
        json_object_is_type(word, json_type_string) ? json_object_get_string(word) : NULL;
    if (!text || radio_type_from_str(text, &type) < 0)
        return -EBADMSG;
    memory->held |= 1U << type;
    return 0;
}

static int read_kept(json_object *object, struct radio_memory *memory)
{
    enum radio_type type;
    const char *word = json_get_text(object, "type"), *device = json_get_text(object, "device");
    if (!word || !device || radio_type_from_str(word, &type) < 0)
        return -EBADMSG;
    return keep(memory, type, device);
}

static int read_list(json_object *array, struct radio_memory *memory,
                     int (*read)(json_object *item, struct radio_memory *memory))
{
    if (!json_object_is_type(array, json_type_array))
        return -EBADMSG;
    int r = 0;
    for (size_t i = 0; r == 0 && i < json_object_array_length(array); i++)
        r = read(json_object_array_get_idx(array, i), memory);
    return r == -ENOSPC ? -EBADMSG : r;
}

int radio_memory_read(int state, struct radio_memory *ret)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP(radio_memory_clear) struct radio_memory memory = {0};
    size_t length;
    *ret = (struct radio_memory){0};
    int r = file_read_at(state, RADIO_MEMORY_FILE, FILE_MAX, &text, &length);
    if (r < 0)
        return r == -EFBIG ? -EBADMSG : r;
    CLEANUP_JSON json_object *object = json_parse(text, length, json_type_object);
    r = read_list(json_get(object, "held"), &memory, read_held);
    if (r == 0)
        r = read_list(json_get(object, "kept"), &memory, read_kept);
    if (r < 0)
        return r;
    *ret = memory;
    memory = (struct radio_memory){0};
    return 0;
}

static json_object *describe_held(const struct radio_memory *memory)
{
    json_object *held = json_object_new_array();
    for (enum radio_type t = 0; t < RADIO_TYPE_MAX; t++)
        if (memory->held & 1U << t)
            json_object_array_add(held, json_object_new_string(radio_type_to_str(t)));
    return held;
}

static json_object *describe_kept(const struct radio_memory *memory)
{
    json_object *kept = json_object_new_array();
    for (size_t i = 0; i < memory->n; i++) {
        json_object *object = json_object_new_object();
        json_add_text(object, "type", radio_type_to_str(memory->kept[i].type));
        json_add_text(object, "device", memory->kept[i].device);
        json_object_array_add(kept, object);
    }
    return kept;
}

int radio_memory_write(int state, const struct radio_memory *memory)
{
    if (memory->held == 0)
        return unlinkat(state, RADIO_MEMORY_FILE, 0) < 0 && errno != ENOENT ? -errno : 0;
    CLEANUP_JSON json_object *object = json_object_new_object();
    json_add(object, "held", describe_held(memory));
    json_add(object, "kept", describe_kept(memory));
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
    return text ? file_replace_at(state, RADIO_MEMORY_FILE, 0600, text, strlen(text)) : -ENOMEM;
}
