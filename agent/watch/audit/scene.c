// SPDX-License-Identifier: GPL-3.0-or-later
// Guesses nothing: what the records leave open is unresolved.
#include "watch/audit/scene.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

void scene_clear(struct scene *scene)
{
    free(scene->working);
    for (size_t i = 0; i < scene->n; i++)
        path_item_clear(&scene->items[i]);
}

// The records of an event may have been written in another order.
static int by_item(const void *a, const void *b)
{
    const struct path_item *one = a, *other = b;
    return (one->item > other->item) - (one->item < other->item);
}

int scene_read(struct scene *scene)
{
    const struct record *cwd = records_find(scene->records, "CWD");
    size_t length;
    int r = cwd ? record_bytes(cwd, "cwd", &scene->working, &length) : 0;
    if (r == -ENOENT)
        r = 0;
    for (size_t i = 0; i < scene->records->n && scene->n < SCENE_ITEMS_MAX && r == 0; i++)
        if (record_is(&scene->records->items[i], "PATH")) {
            r = path_item_read(&scene->records->items[i], &scene->items[scene->n]);
            scene->n += r == 0;
        }
    qsort(scene->items, scene->n, sizeof *scene->items, by_item);
    return r;
}

// ---- Which item is what ------------------------------------------------------------------------

// Of several such the kernel knew one only by its name, before it was made.
const struct path_item *scene_find(const struct scene *scene, bool created, bool deleted)
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

bool scene_is_over(const struct scene *scene)
{
    size_t events = is_cut(scene);
    if (scene->call->objects == OBJECT_ONE)
        return scene->which > 0;
    for (size_t i = 0; i < scene->n; i++)
        events += is_object(scene, &scene->items[i]);
    return scene->which > 0 && scene->which >= events;
}

// The object of a call with one path. What was refused may have only its parent in the records.
const struct path_item *scene_find_object(const struct scene *scene)
{
    const struct path_item *item = NULL;
    if (scene->call->objects != OBJECT_ONE)
        return find_each(scene);
    if (scene->call->act == ACT_DELETE)
        item = scene_find(scene, false, true);
    if (!item)
        item = scene_find(scene, true, false);
    if (!item)
        item = scene_find(scene, false, false);
    return item || scene->n == 0 ? item : &scene->items[scene->n - 1];
}

// ---- Paths -------------------------------------------------------------------------------------

bool scene_read_argument(const struct scene *scene, int which, int32_t *ret)
{
    static const char *const names[] = {"a0", "a1", "a2", "a3"};
    uint64_t value;
    if (which < 0 ||
        (value = record_number(scene->call_record, names[which], 16, UINT64_MAX)) == UINT64_MAX)
        return false;
    *ret = (int32_t)(uint32_t)value;
    return true;
}

// The records say nothing of the folder that a linked file is in.
static bool is_of_link(const struct scene *scene, int which)
{
    const struct call *call = scene->call;
    return call->act == ACT_CREATE && call->folder_to >= 0 && which != call->folder_to;
}

// The folder that the file of this argument is in: the descriptor's, if that is among those in the
// records. A rename tells both, in an order that is the compiler's.
static uint64_t find_parent(const struct scene *scene, int which,
                            const struct descriptor *descriptor)
{
    uint64_t inode = 0;
    if (is_of_link(scene, which))
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

// What stands behind a number that nobody is known to have opened: the folder that a bare name is
// in, if the same process has opened that.
static const struct descriptor *find_copy(const struct scene *scene, const struct path_item *item,
                                          int which)
{
    struct descriptor wanted;
    bool is_bare = item->name && !strchr(item->name, '/');
    if (!is_bare || is_of_link(scene, which) || !find_only_parent(scene, &wanted))
        return NULL;
    wanted.pid = record_id(scene->call_record, "pid");
    return descriptors_find_copy(scene->descriptors, &wanted);
}

static struct path_base find_base(const struct scene *scene, const struct path_item *item,
                                  int which)
{
    struct path_base base = {.folder = scene->working, .is_working = which < 0};
    int32_t number;
    if (!scene_read_argument(scene, which, &number))
        return base;
    if (number == AT_FDCWD) {
        base.is_working = true;
        return base;
    }
    base.descriptor =
        descriptors_find(scene->descriptors, record_id(scene->call_record, "pid"), number);
    base.parent = find_parent(scene, which, base.descriptor);
    if (!base.descriptor || (base.parent != 0 && base.parent != base.descriptor->inode)) {
        const struct descriptor *copy = find_copy(scene, item, which);
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

int scene_set_path(const struct scene *scene, const struct path_item *item, int which,
                   struct audit_path *ret, char **ret_whole)
{
    struct path_base base = find_base(scene, item, which);
    enum audit_way way;
    int r = path_resolve(item, &base, ret_whole, &way);
    if (r == 0 && !item->name && !*ret_whole)
        return set_folder(scene, item, &base, ret);
    return r < 0 ? r : path_set(ret, item, *ret_whole, way);
}
