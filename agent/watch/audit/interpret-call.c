// SPDX-License-Identifier: GPL-3.0-or-later
// File access: the records SYSCALL (or URINGOP), CWD, PATH and OPENAT2 of one event.
#include "watch/audit/scene.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static size_t count_deleted(const struct scene *scene)
{
    size_t n = 0;
    for (size_t i = 0; i < scene->n; i++)
        n += scene->items[i].deleted;
    return n;
}

static int set_two_paths(const struct scene *scene, struct audit_event *event)
{
    CLEANUP_FREE char *from = NULL, *to = NULL;
    const struct path_item *old =
        event->act == ACT_RENAME ? scene_find(scene, false, true) : scene_find(scene, false, false);
    const struct path_item *new = scene_find(scene, true, false);
    if (!old && scene->n > 0) // refused: the kernel had not come to the names themselves
        old = &scene->items[0];
    if (!new && scene->n > 1)
        new = &scene->items[1];
    int r = old ? scene_set_path(scene, old, scene->call->folder, &event->path, &from) : 0;
    if (r == 0 && new)
        r = scene_set_path(scene, new, scene->call->folder_to, &event->to, &to);
    event->replaced = count_deleted(scene) > 1;
    event->folder = old && old->folder;
    return r;
}

static int learn(const struct scene *scene, const struct audit_event *event, const char *whole)
{
    uint64_t number = record_number(scene->call_record, "exit", 10, UINT64_MAX);
    if (!scene->call->opens || event->error != 0 || number > INT32_MAX)
        return 0;
    if (!whole) {
        descriptors_forget(scene->descriptors, event->pid, (int32_t)number);
        return 0;
    }
    return descriptors_note(scene->descriptors, &(struct descriptor){.pid = event->pid,
                                                                     .number = (int32_t)number,
                                                                     .inode = event->path.inode,
                                                                     .device = event->path.device,
                                                                     .path = whole});
}

static int set_one_path(const struct scene *scene, struct audit_event *event)
{
    const struct call *call = scene->call;
    CLEANUP_FREE char *whole = NULL;
    bool each = call->objects != OBJECT_ONE;
    const struct path_item *item = scene_find_object(scene);
    if (!item)
        return 0;
    int r = scene_set_path(scene, item, call->descriptor >= 0 ? call->descriptor : call->folder,
                           &event->path, &whole);
    event->folder = item->folder;
    if ((call->act <= ACT_WRITE || each) && item->created)
        event->act = ACT_CREATE;
    if (each && item->deleted)
        event->act = ACT_DELETE;
    return r < 0 ? r : learn(scene, event, whole);
}

// ---- The event ---------------------------------------------------------------------------------

static enum audit_act find_act(const struct scene *scene)
{
    int32_t flags;
    const struct record *how = records_find(scene->records, "OPENAT2");
    if (!how)
        how = records_find(scene->records, "UNKNOWN[1337]"); // auditd before 3.1
    if (scene->call->opens && how)
        return call_open_act(record_number(how, "oflag", 8, 0));
    if (scene_read_argument(scene, scene->call->flags, &flags))
        return call_open_act((uint32_t)flags);
    return scene->call->act;
}

static int32_t find_error(const struct record *record)
{
    struct span value = record_field(record, "exit");
    if (!record_field_is(record, "success", "no") || value.length < 2 || value.data[0] != '-')
        return record_field_is(record, "success", "yes") ? 0 : EIO;
    char text[16];
    uint64_t number;
    size_t length = value.length - 1 < sizeof text - 1 ? value.length - 1 : sizeof text - 1;
    memcpy(text, value.data + 1, length);
    text[length] = '\0';
    return text_to_u64(text, 10, 4095, &number) < 0 || number == 0 ? EIO : (int32_t)number;
}

// Several rules may have seen it: then their keys stand with byte 1 between them.
static int read_key(const struct record *record, char **ret)
{
    CLEANUP_FREE char *keys = NULL;
    size_t length;
    int r = record_bytes(record, "key", &keys, &length);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    char *rest = keys;
    for (char *key; (key = strsep(&rest, "\x01"));)
        if (strncmp(key, INTERPRET_KEY_PREFIX, strlen(INTERPRET_KEY_PREFIX)) == 0) {
            *ret = text_escape(key, strlen(key), 64);
            return *ret ? 0 : -ENOMEM;
        }
    return 0;
}

static int fill(const struct scene *scene, struct audit_event *event)
{
    const struct record *record = scene->call_record;
    event->wall_ns = record->stamp.wall_ns;
    event->serial = record->stamp.serial;
    event->auid = record_id(record, "auid");
    event->uid = record_id(record, "euid");
    event->session = record_id(record, "ses");
    event->pid = record_id(record, "pid");
    event->error = find_error(record);
    event->act = find_act(scene);
    int r = record_text(record, "exe", &event->exe);
    if (r < 0)
        return r;
    bool two = event->act == ACT_RENAME || (scene->call->act == ACT_CREATE && scene->n > 2 &&
                                            strncmp(scene->call->name, "link", 4) == 0);
    return two ? set_two_paths(scene, event) : set_one_path(scene, event);
}

int interpret_call(const struct records *records, struct descriptors *descriptors, size_t which,
                   struct audit_event **ret)
{
    CLEANUP(scene_clear)
    struct scene scene = {.records = records, .descriptors = descriptors, .which = which};
    CLEANUP(audit_event_free_p) struct audit_event *event = calloc(1, sizeof *event);
    if (!event)
        return -ENOMEM;
    scene.call_record = records_find(records, "SYSCALL");
    const struct record *uring = records_find(records, "URINGOP");
    if (!uring)
        uring = records_find(records, "UNKNOWN[1336]");
    if (scene.call_record)
        scene.call = call_find((uint32_t)record_number(scene.call_record, "arch", 16, 0),
                               record_number(scene.call_record, "syscall", 10, UINT64_MAX));
    else if ((scene.call_record = uring))
        scene.call = call_find_uring(record_number(uring, "uring_op", 10, UINT64_MAX));
    if (!scene.call)
        return 0;
    int r = read_key(scene.call_record, &event->key);
    if (r < 0 || !event->key)
        return r;
    r = scene_read(&scene);
    if (r == 0 && scene_is_over(&scene))
        return 0;
    if (r == 0)
        r = fill(&scene, event);
    if (r == 0)
        *ret = TAKE_PTR(event);
    return r;
}
