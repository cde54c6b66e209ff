// SPDX-License-Identifier: GPL-3.0-or-later
// File access: the records SYSCALL (or URINGOP), CWD, PATH and OPENAT2 of one event.
#include "watch/audit/calls.h"
#include "watch/audit/interpret.h"
#include "watch/audit/path.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define ITEMS_MAX (INTERPRET_EVENTS_MAX - 1) // a rename has up to five, a ring any number

struct scene {
    const struct records *records;
    const struct record *call_record;
    const struct call *call;
    struct descriptors *descriptors;
    char *working; // folder, raw; NULL
    struct path_item items[ITEMS_MAX];
    size_t n;
    size_t which; // of the events that these records are
};

static void scene_clear(struct scene *scene)
{
    free(scene->working);
    for (size_t i = 0; i < scene->n; i++)
        path_item_clear(&scene->items[i]);
}

static int read_items(struct scene *scene)
{
    const struct record *cwd = records_find(scene->records, "CWD");
    size_t length;
    int r = cwd ? record_bytes(cwd, "cwd", &scene->working, &length) : 0;
    if (r == -ENOENT)
        r = 0;
    for (size_t i = 0; i < scene->records->n && scene->n < ITEMS_MAX && r == 0; i++)
        if (record_is(&scene->records->items[i], "PATH")) {
            r = path_item_read(&scene->records->items[i], &scene->items[scene->n]);
            scene->n += r == 0;
        }
    return r;
}

// ---- Which item is what ------------------------------------------------------------------------

// Of several such the kernel knew one only by its name, before it was made.
static const struct path_item *find_item(const struct scene *scene, bool created, bool deleted)
{
    const struct path_item *found = NULL;
    for (size_t i = 0; i < scene->n; i++) {
        const struct path_item *item = &scene->items[i];
        if (item->created == created && item->deleted == deleted && !item->parent &&
            (!found || (found->inode == 0 && !found->name)))
            found = item;
    }
    return found;
}

static bool is_cut(const struct scene *scene)
{
    return record_number(scene->call_record, "items", 10, 0) > scene->n;
}

static bool is_object(const struct scene *scene, const struct path_item *item)
{
    return !item->parent && (item->name || scene->call->objects == OBJECT_EACH);
}

// Of a call whose every path is an object. NULL: no more.
static const struct path_item *find_each(const struct scene *scene)
{
    size_t which = scene->which;
    for (size_t i = 0; i < scene->n; i++)
        if (is_object(scene, &scene->items[i]) && which-- == 0)
            return &scene->items[i];
    return NULL;
}

// What is missing in the records is told as one object more.
static bool is_over(const struct scene *scene)
{
    size_t events = is_cut(scene);
    if (scene->call->objects == OBJECT_ONE)
        return scene->which > 0;
    for (size_t i = 0; i < scene->n; i++)
        events += is_object(scene, &scene->items[i]);
    return scene->which > 0 && scene->which >= events;
}

// The object of a call with one path. What was refused may have only its parent in the records.
static const struct path_item *find_object(const struct scene *scene)
{
    const struct path_item *item = NULL;
    if (scene->call->act == ACT_DELETE)
        item = find_item(scene, false, true);
    if (!item)
        item = find_item(scene, true, false);
    if (!item)
        item = find_item(scene, false, false);
    return item || scene->n == 0 ? item : &scene->items[scene->n - 1];
}

static size_t count_deleted(const struct scene *scene)
{
    size_t n = 0;
    for (size_t i = 0; i < scene->n; i++)
        n += scene->items[i].deleted;
    return n;
}

// ---- Paths -------------------------------------------------------------------------------------

// A descriptor's number as an argument holds it: 32 bits of a register.
static bool read_argument(const struct scene *scene, int which, int32_t *ret)
{
    static const char *const names[] = {"a0", "a1", "a2", "a3"};
    uint64_t value;
    if (which < 0 ||
        (value = record_number(scene->call_record, names[which], 16, UINT64_MAX)) == UINT64_MAX)
        return false;
    *ret = (int32_t)(uint32_t)value;
    return true;
}

// The folder that the file of this argument is in: the descriptor's, if that is among those in the
// records. A rename tells both, in an order that is the compiler's; a link only the new one's.
static uint64_t find_parent(const struct scene *scene, int which,
                            const struct descriptor *descriptor)
{
    const struct call *call = scene->call;
    uint64_t inode = 0;
    if (call->act == ACT_CREATE && call->folder_to >= 0 && which != call->folder_to)
        return 0;
    for (size_t i = 0; i < scene->n; i++) {
        if (!scene->items[i].parent)
            continue;
        inode = scene->items[i].inode;
        if (descriptor && descriptor->inode == inode)
            break;
    }
    return inode;
}

// The one folder that all names are in; false: there are two, or it is not told.
static bool find_only_parent(const struct scene *scene, struct descriptor *ret)
{
    const struct path_item *parent = NULL;
    for (size_t i = 0; i < scene->n; i++) {
        const struct path_item *item = &scene->items[i];
        if (!item->parent)
            continue;
        if (parent && (parent->inode != item->inode || parent->device != item->device))
            return false;
        parent = item;
    }
    if (!parent || parent->inode == 0)
        return false;
    *ret = (struct descriptor){.inode = parent->inode, .device = parent->device};
    return true;
}

// What stands behind a number that nobody is known to have opened.
static const struct descriptor *find_copy(const struct scene *scene)
{
    struct descriptor wanted;
    if (scene->call->folder < 0 || !find_only_parent(scene, &wanted))
        return NULL;
    wanted.pid = record_id(scene->call_record, "pid");
    return descriptors_find_copy(scene->descriptors, &wanted);
}

static struct path_base find_base(const struct scene *scene, int which)
{
    struct path_base base = {.folder = scene->working, .is_working = which < 0};
    int32_t number;
    if (!read_argument(scene, which, &number))
        return base;
    if (number == AT_FDCWD) {
        base.is_working = true;
        return base;
    }
    base.descriptor =
        descriptors_find(scene->descriptors, record_id(scene->call_record, "pid"), number);
    base.parent = find_parent(scene, which, base.descriptor);
    if (!base.descriptor || (base.parent != 0 && base.parent != base.descriptor->inode)) {
        const struct descriptor *copy = find_copy(scene);
        base.descriptor = copy ? copy : base.descriptor;
    }
    return base;
}

// Where an object that the kernel does not name was: a renamed folder that was called with a slash
// behind its name. The folder above it stands before it, and once more with its own name.
static const struct path_item *find_folder(const struct scene *scene, const struct path_item *item)
{
    if (item <= scene->items || !item[-1].parent || item[-1].inode == 0)
        return NULL;
    for (const struct path_item *other = scene->items; other < item; other++)
        if (other->parent && other->name && other->inode == item[-1].inode)
            return other;
    return NULL;
}

static int set_folder(const struct scene *scene, const struct path_item *item,
                      const struct path_base *base, struct audit_path *ret)
{
    CLEANUP_FREE char *folder = NULL, *text = NULL;
    enum audit_way way;
    const struct path_item *above = base->is_working ? find_folder(scene, item) : NULL;
    int r = above ? path_resolve(above, base, &folder, &way) : 0;
    if (r < 0 || !folder)
        return r < 0 ? r : path_set(ret, item, NULL, WAY_UNRESOLVED);
    text = text_format("%s/?", strcmp(folder, "/") == 0 ? "" : folder);
    return text ? path_set(ret, item, text, WAY_UNRESOLVED) : -ENOMEM;
}

static int set_path(const struct scene *scene, const struct path_item *item, int which,
                    struct audit_path *ret, char **ret_whole)
{
    struct path_base base = find_base(scene, which);
    enum audit_way way;
    int r = path_resolve(item, &base, ret_whole, &way);
    if (r == 0 && !item->name && !*ret_whole)
        return set_folder(scene, item, &base, ret);
    return r < 0 ? r : path_set(ret, item, *ret_whole, way);
}

static int set_two_paths(const struct scene *scene, struct audit_event *event)
{
    CLEANUP_FREE char *from = NULL, *to = NULL;
    const struct path_item *old =
        event->act == ACT_RENAME ? find_item(scene, false, true) : find_item(scene, false, false);
    const struct path_item *new = find_item(scene, true, false);
    if (!old && scene->n > 0) // refused: the kernel had not come to the names themselves
        old = &scene->items[0];
    if (!new && scene->n > 1)
        new = &scene->items[1];
    int r = old ? set_path(scene, old, scene->call->folder, &event->path, &from) : 0;
    if (r == 0 && new)
        r = set_path(scene, new, scene->call->folder_to, &event->to, &to);
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
    const struct path_item *item = each ? find_each(scene) : find_object(scene);
    if (!item)
        return 0;
    int r = set_path(scene, item, call->descriptor >= 0 ? call->descriptor : call->folder,
                     &event->path, &whole);
    event->folder = item->folder;
    if ((call->opens || each) && item->created)
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
    if (read_argument(scene, scene->call->flags, &flags))
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
    r = read_items(&scene);
    if (r == 0 && is_over(&scene))
        return 0;
    if (r == 0)
        r = fill(&scene, event);
    if (r == 0)
        *ret = TAKE_PTR(event);
    return r;
}
