// SPDX-License-Identifier: GPL-3.0-or-later
// Joins names with what they are relative to, and guesses nothing.
#include "watch/audit/path.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define PATH_BYTES_MAX 8300 // the longest name behind the longest folder

void path_item_clear(struct path_item *item)
{
    free(item->name);
    *item = (struct path_item){0};
}

// "fe:01", in hexadecimal.
static uint64_t read_device(const struct record *record)
{
    struct span value = record_field(record, "dev");
    const char *colon = value.data ? memchr(value.data, ':', value.length) : NULL;
    uint64_t major, minor;
    if (!colon || value.length >= 32)
        return 0;
    CLEANUP_FREE char *first = strndup(value.data, (size_t)(colon - value.data));
    CLEANUP_FREE char *second = strndup(colon + 1, value.length - (size_t)(colon + 1 - value.data));
    if (!first || !second || text_to_u64(first, 16, UINT32_MAX, &major) < 0 ||
        text_to_u64(second, 16, UINT32_MAX, &minor) < 0)
        return 0;
    return makedev((unsigned)major, (unsigned)minor);
}

int path_item_read(const struct record *record, struct path_item *ret)
{
    struct path_item item = {
        .item = record_number(record, "item", 10, 0),
        .inode = record_number(record, "inode", 10, 0),
        .device = read_device(record),
        .folder = S_ISDIR(record_number(record, "mode", 8, 0)),
    };
    // "objtype" is what the kernel called it before 4.17.
    struct span type = record_field(record, "nametype");
    if (!type.data)
        type = record_field(record, "objtype");
    item.parent = span_is(type, "PARENT");
    item.created = span_is(type, "CREATE");
    item.deleted = span_is(type, "DELETE");
    int r = record_bytes(record, "name", &item.name, &item.length);
    if (r < 0 && r != -ENOENT)
        return r;
    if (item.name && strlen(item.name) != item.length) // no path has a NUL in it
        free(TAKE_PTR(item.name));
    *ret = item;
    return 0;
}

// Takes "//" and "/./" and slashes at the end out of an absolute path, in place.
static void tidy(char *path)
{
    char *to = path;
    for (const char *from = path; *from;) {
        if (from[0] == '/' && (from[1] == '/' || from[1] == '\0'))
            from++;
        else if (from[0] == '/' && from[1] == '.' && (from[2] == '/' || from[2] == '\0'))
            from += 2;
        else
            *to++ = *from++;
    }
    if (to == path)
        *to++ = '/';
    *to = '\0';
}

static int join(const char *folder, const char *name, char **ret)
{
    char *path = name[0] == '/' ? text_dup(name) : text_format("%s/%s", folder, name);
    if (!path)
        return -ENOMEM;
    tidy(path);
    *ret = path;
    return 0;
}

// A file by its own descriptor: the inode tells whether it is still the one that was opened.
static bool is_same(const struct path_item *item, const struct descriptor *known)
{
    return known->inode == item->inode && known->device == item->device;
}

// Whoever leaves the folder again by ".." may be anywhere. Where the record tells the inode of the
// folder that a bare name is in, it has to be the one that was opened.
static bool is_below(const struct path_item *item, const struct path_base *base)
{
    if (strstr(item->name, ".."))
        return false;
    bool is_bare = strchr(item->name, '/') == NULL;
    return base->parent == 0 || !is_bare || base->parent == base->descriptor->inode;
}

int path_resolve(const struct path_item *item, const struct path_base *base, char **ret,
                 enum audit_way *ret_way)
{
    const struct descriptor *known = base->descriptor;
    *ret_way = WAY_UNRESOLVED;
    if (item->name && item->name[0] == '/') {
        *ret_way = WAY_WHOLE;
        return join("", item->name, ret);
    }
    if (item->name && base->is_working && base->folder && base->folder[0] == '/') {
        *ret_way = WAY_WHOLE;
        return join(base->folder, item->name, ret);
    }
    if (!known || base->is_working)
        return 0;
    bool is_itself = !item->name || item->name[0] == '\0';
    if (is_itself ? !is_same(item, known) : !is_below(item, base))
        return 0;
    *ret_way = WAY_DESCRIPTOR;
    return join(known->path, is_itself ? "" : item->name, ret);
}

int path_set(struct audit_path *path, const struct path_item *item, const char *whole,
             enum audit_way way)
{
    const char *text = whole ? whole : item->name;
    audit_path_clear(path);
    *path = (struct audit_path){.way = way, .inode = item->inode, .device = item->device};
    if (!text || text[0] == '\0')
        return 0;
    path->text = text_escape(text, strlen(text), PATH_BYTES_MAX);
    return path->text ? 0 : -ENOMEM;
}
