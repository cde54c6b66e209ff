// SPDX-License-Identifier: GPL-3.0-or-later
// One JSON object in /run/sekisho/audit.
#include "daemon/audit-memory.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define FILE_NAME "audit"
#define FILE_MAX 4096

static void read_text(json_object *object, const char *key, char *ret, size_t size)
{
    const char *text = json_get_text(object, key);
    if (text && strlen(text) < size)
        text_copy(ret, size, text);
}

void audit_memory_read(int run, struct audit_memory *ret)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    *ret = (struct audit_memory){0};
    if (file_read_at(run, FILE_NAME, FILE_MAX, &text, &length) < 0)
        return;
    CLEANUP_JSON json_object *object = json_parse(text, length, json_type_object);
    ret->sampled_ns = json_get_number(object, "sampled_ns");
    ret->lost = json_get_number(object, "lost");
    ret->enabled = json_get_number(object, "enabled");
    ret->pid = json_get_number(object, "pid");
    ret->gone_ns = json_get_number(object, "gone_ns");
    ret->suspended_ns = json_get_number(object, "suspended_ns");
    ret->backlog_is_high = json_get_bool(object, "backlog_is_high");
    ret->no_uring = json_get_bool(object, "no_uring");
    read_text(object, "rules", ret->rules, sizeof ret->rules);
    read_text(object, "finding", ret->finding, sizeof ret->finding);
}

int audit_memory_write(int run, const struct audit_memory *memory)
{
    CLEANUP_JSON json_object *object = json_object_new_object();
    json_add_number(object, "sampled_ns", memory->sampled_ns);
    json_add_number(object, "lost", memory->lost);
    json_add_number(object, "enabled", memory->enabled);
    json_add_number(object, "pid", memory->pid);
    json_add_number(object, "gone_ns", memory->gone_ns);
    json_add_number(object, "suspended_ns", memory->suspended_ns);
    json_add_bool(object, "backlog_is_high", memory->backlog_is_high);
    json_add_bool(object, "no_uring", memory->no_uring);
    json_add_text(object, "rules", memory->rules);
    json_add_text(object, "finding", memory->finding);
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
    return text ? file_replace_at(run, FILE_NAME, 0600, text, strlen(text)) : -ENOMEM;
}
