// SPDX-License-Identifier: GPL-3.0-or-later
// Walks sysfs from a block device down to what it stands on.
#include "watch/medium/stack.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define DEPTH_MAX 16   // mappings on mappings; the kernel itself stops device-mapper far before
#define VISITS_MAX 512 // all of them together

struct walk {
    int sys;
    unsigned visits;
    stack_visitor visit;
    void *context;
};

void stack_clear(struct stack *stack)
{
    free(stack->disk);
    free(stack->usb);
    *stack = (struct stack){0};
}

static bool exists(int sys, const char *folder, const char *name)
{
    CLEANUP_FREE char *path = text_format("%s/%s", folder, name);
    struct stat st;
    return path && fstatat(sys, path, &st, 0) == 0;
}

// Links of sysfs lead from their folder up to the root and down into devices/.
int stack_resolve(int sys, const char *link, char **ret_path)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(sys, link, target, sizeof target - 1);
    if (n < 0)
        return errno == ENOENT ? -ENODEV : -errno;
    target[n] = '\0';
    const char *path = target;
    while (strncmp(path, "../", 3) == 0)
        path += 3;
    if (strncmp(path, "devices/", strlen("devices/")) != 0 || strstr(path, "/../"))
        return -ENODEV;
    char *copy = text_dup(path);
    if (!copy)
        return -ENOMEM;
    *ret_path = copy;
    return 0;
}

int stack_usb_of(int sys, const char *path, char **ret_usb)
{
    CLEANUP_FREE char *folder = text_dup(path);
    if (!folder)
        return -ENOMEM;
    for (char *slash; (slash = strrchr(folder, '/')); *slash = '\0') {
        if (!exists(sys, folder, "idVendor"))
            continue;
        char *usb = text_dup(slash + 1);
        if (!usb)
            return -ENOMEM;
        *ret_usb = usb;
        return 0;
    }
    return -ENODEV;
}

int stack_disk_of(const char *path, char **ret_disk)
{
    const char *block = strstr(path, "/block/");
    if (!block)
        return -EINVAL;
    block += strlen("/block/");
    size_t length = strcspn(block, "/");
    if (length == 0)
        return -EINVAL;
    char *disk = strndup(block, length);
    if (!disk)
        return -ENOMEM;
    *ret_disk = disk;
    return 0;
}

// BITLK, TCRYPT, plain dm-crypt, verity and integrity have names of their own; an approval for
// encrypted media says LUKS.
static bool is_luks_mapping(int sys, const char *folder)
{
    CLEANUP_FREE char *path = text_format("%s/dm/uuid", folder), *uuid = NULL;
    if (!path || file_read_line_at(sys, path, 256, &uuid) < 0)
        return false;
    return strncmp(uuid, "CRYPT-LUKS1-", 12) == 0 || strncmp(uuid, "CRYPT-LUKS2-", 12) == 0;
}

static int note_bottom(struct walk *walk, const char *folder, bool crypt)
{
    CLEANUP_FREE char *usb = NULL, *disk = NULL;
    int r = stack_usb_of(walk->sys, folder, &usb);
    if (r < 0)
        return r == -ENODEV ? 0 : r;
    r = stack_disk_of(folder, &disk);
    if (r < 0)
        return r;
    return walk->visit(walk->context, disk, usb, crypt);
}

static int walk_folder(struct walk *walk, const char *folder, bool crypt, unsigned depth);

static int walk_link(struct walk *walk, const char *link, bool crypt, unsigned depth)
{
    CLEANUP_FREE char *folder = NULL;
    int r = stack_resolve(walk->sys, link, &folder);
    if (r < 0)
        return r == -ENODEV ? 0 : r; // gone meanwhile
    return walk_folder(walk, folder, crypt, depth);
}

// 1: it has slaves and they were walked; 0: it has none.
static int walk_slaves(struct walk *walk, const char *folder, bool crypt, unsigned depth)
{
    CLEANUP_FREE char *path = text_format("%s/slaves", folder);
    CLEANUP(closedir_p) DIR *dir = NULL;
    int any = 0, r = path ? file_open_entries(walk->sys, path, &dir) : -ENOMEM;
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        CLEANUP_FREE char *link = text_format("class/block/%s", entry->d_name);
        if (!link)
            return -ENOMEM;
        r = walk_link(walk, link, crypt, depth + 1);
        if (r < 0)
            return r;
        any = 1;
    }
    return any;
}

// A loop device over the node of a disk hides it from the slaves.
static int walk_loop(struct walk *walk, const char *folder, bool crypt, unsigned depth)
{
    CLEANUP_FREE char *path = text_format("%s/loop/backing_file", folder), *file = NULL;
    if (!path)
        return -ENOMEM;
    if (file_read_line_at(walk->sys, path, PATH_MAX, &file) < 0 || strncmp(file, "/dev/", 5) != 0 ||
        strchr(file + 5, '/'))
        return 0;
    CLEANUP_FREE char *link = text_format("class/block/%s", file + 5);
    return link ? walk_link(walk, link, crypt, depth + 1) : -ENOMEM;
}

static int walk_folder(struct walk *walk, const char *folder, bool crypt, unsigned depth)
{
    if (depth > DEPTH_MAX || walk->visits++ > VISITS_MAX)
        return -ELOOP;
    if (exists(walk->sys, folder, "partition")) {
        const char *name = text_basename(folder);
        CLEANUP_FREE char *disk = strndup(folder, (size_t)(name - folder) - 1);
        return disk ? walk_folder(walk, disk, crypt, depth + 1) : -ENOMEM;
    }
    int r = walk_slaves(walk, folder, crypt || is_luks_mapping(walk->sys, folder), depth);
    if (r != 0)
        return r < 0 ? r : 0;
    r = walk_loop(walk, folder, crypt, depth);
    return r < 0 ? r : note_bottom(walk, folder, crypt);
}

int stack_visit(int sys, uint64_t number, stack_visitor visit, void *context)
{
    char link[64];
    struct walk walk = {.sys = sys, .visit = visit, .context = context};
    (void)snprintf(link, sizeof link, "dev/block/%u:%u", major(number), minor(number));
    return walk_link(&walk, link, false, 0);
}

// ---- The first USB disk ------------------------------------------------------------------------

struct search {
    struct stack stack;
    bool bare; // some way down to USB has no LUKS mapping in it
};

static int note_disk(void *context, const char *disk, const char *usb, bool through_crypt)
{
    struct search *search = context;
    search->bare |= !through_crypt;
    if (search->stack.disk && through_crypt) // the worst way is the one to tell of
        return 0;
    int r = text_set(&search->stack.disk, disk);
    return r < 0 ? r : text_set(&search->stack.usb, usb);
}

int stack_read(int sys, uint64_t number, struct stack *ret)
{
    struct search search = {0};
    int r = stack_visit(sys, number, note_disk, &search);
    if (r == -ELOOP) { // too deep to be sure of what lies below
        search.bare = true;
        r = 0;
    }
    if (r == 0 && !search.stack.disk)
        r = -ENODEV;
    if (r < 0) {
        stack_clear(&search.stack);
        return r;
    }
    search.stack.through_crypt = !search.bare;
    *ret = search.stack;
    return 0;
}
