// SPDX-License-Identifier: GPL-3.0-or-later
// Goes down a path folder by folder.
#include "daemon/erase-look.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

int erase_look_begin(struct erase_look *ret)
{
    CLEANUP_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    CLEANUP_CLOSE int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct mountinfo mounts = {0};
    if (root < 0 || proc < 0)
        return -errno;
    int r = mountinfo_read(proc, &mounts);
    if (r < 0)
        return r;
    *ret = (struct erase_look){.root = TAKE_FD(root), .mounts = mounts};
    return 0;
}

void erase_look_end(struct erase_look *look)
{
    if (look->root >= 0)
        (void)close(look->root);
    mountinfo_clear(&look->mounts);
}

// A server or a program of somebody's own may never answer.
static bool answers_by_itself(const struct erase_look *look, const char *path)
{
    static const char *const types[] = {"ext2", "ext3",  "ext4",  "xfs",   "btrfs",  "f2fs",
                                        "vfat", "msdos", "exfat", "tmpfs", "overlay"};
    const struct mountinfo_line *mount = mountinfo_find(&look->mounts, path);
    for (size_t i = 0; mount && i < ELEMENTS(types); i++)
        if (strcmp(mount->type, types[i]) == 0)
            return true;
    return false;
}

// No part of the way may be a symlink. −ENOENT also for a folder that is not there.
static int open_folder(const struct erase_look *look, char *path, int *ret)
{
    CLEANUP_CLOSE int dir = dup(look->root);
    char *save = NULL;
    for (char *part = strtok_r(path, "/", &save); part && dir >= 0;
         part = strtok_r(NULL, "/", &save)) {
        int next = openat(dir, part, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
        int error = errno;
        (void)close(dir);
        dir = next;
        errno = error;
    }
    if (dir < 0)
        return -errno;
    *ret = TAKE_FD(dir);
    return 0;
}

static enum erase_sight look_in(int dir, const char *name, uint64_t inode, uint32_t *ret_owner)
{
    struct stat info;
    if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? ERASE_ABSENT : ERASE_UNKNOWN;
    if (!S_ISREG(info.st_mode) || info.st_ino != inode)
        return ERASE_ABSENT;
    *ret_owner = info.st_uid;
    return ERASE_THERE;
}

static bool is_plain(const char *path, size_t length)
{
    return path[0] == '/' && length == strlen(path) && length < PATH_MAX && !strstr(path, "/../") &&
           !strstr(path, "/./") && !strstr(path, "//");
}

enum erase_sight erase_look_at(const struct erase_look *look, const char *path, uint64_t inode,
                               uint32_t *ret_owner)
{
    CLEANUP_FREE char *true_path = NULL;
    CLEANUP_CLOSE int dir = -1;
    size_t length;
    if (text_unescape(path, &true_path, &length) < 0 || !is_plain(true_path, length) ||
        !answers_by_itself(look, true_path))
        return ERASE_UNKNOWN;
    char *slash = strrchr(true_path, '/');
    *slash = '\0';
    int r = open_folder(look, true_path, &dir);
    if (r < 0)
        return r == -ENOENT ? ERASE_ABSENT : ERASE_UNKNOWN;
    return look_in(dir, slash + 1, inode, ret_owner);
}
