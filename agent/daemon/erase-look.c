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
    static const char *const types[] = {"ext2", "ext3",  "ext4",  "xfs",   "btrfs",   "f2fs",
                                        "vfat", "msdos", "exfat", "tmpfs", "overlay", "devtmpfs"};
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

// One name in a folder.
struct target {
    int dir;
    const char *name;
    uint64_t inode;
    const char *luks; // UUID of the container that is looked for; NULL: it is any file
};

// ---- Containers --------------------------------------------------------------------------------

#define LUKS_MAGIC_SIZE 6
#define LUKS_UUID 168 // offset in each header
#define LUKS_HEADER_SIZE (LUKS_UUID + 40)
#define LUKS_SECOND_MIN 0x4000u // where the second header of LUKS2 may lie: doubled up to …
#define LUKS_SECOND_MAX 0x400000u

static bool has_header(int fd, off_t at, const char *magic, const char *uuid)
{
    char header[LUKS_HEADER_SIZE], own[UUID_TEXT_SIZE];
    ssize_t n = pread(fd, header, sizeof header, at);
    if (n != (ssize_t)sizeof header || memcmp(header, magic, LUKS_MAGIC_SIZE) != 0)
        return false;
    CLEANUP_FREE char *text = strndup(header + LUKS_UUID, sizeof header - LUKS_UUID);
    return !text || text_to_uuid(text, own) < 0 || text_equal(own, uuid);
}

static bool has_any_header(int fd, const char *uuid)
{
    if (has_header(fd, 0, "LUKS\xba\xbe", uuid))
        return true;
    for (off_t at = LUKS_SECOND_MIN; at <= LUKS_SECOND_MAX; at *= 2)
        if (has_header(fd, at, "SKUL\xba\xbe", uuid))
            return true;
    return false;
}

static enum erase_sight look_for_header(const struct target *target)
{
    struct stat info;
    CLEANUP_CLOSE int fd = openat(target->dir, target->name,
                                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0 || info.st_ino != target->inode)
        return ERASE_UNKNOWN;
    return has_any_header(fd, target->luks) ? ERASE_THERE : ERASE_ABSENT;
}

// ---- Names -------------------------------------------------------------------------------------

static enum erase_sight look_in(const struct target *target, uint32_t *ret_owner)
{
    struct stat info;
    if (fstatat(target->dir, target->name, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? ERASE_ABSENT : ERASE_UNKNOWN;
    bool fits = S_ISREG(info.st_mode) || (target->luks && S_ISBLK(info.st_mode));
    if (!fits || info.st_ino != target->inode)
        return ERASE_ABSENT;
    enum erase_sight sight = target->luks ? look_for_header(target) : ERASE_THERE;
    if (sight == ERASE_THERE)
        *ret_owner = info.st_uid;
    return sight;
}

static bool is_plain(const char *path, size_t length)
{
    return path[0] == '/' && length == strlen(path) && length < PATH_MAX && !strstr(path, "/../") &&
           !strstr(path, "/./") && !strstr(path, "//");
}

static enum erase_sight look(const struct erase_look *look, const char *path, struct target *target,
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
    target->dir = dir;
    target->name = slash + 1;
    return look_in(target, ret_owner);
}

enum erase_sight erase_look_at(const struct erase_look *looking, const char *path, uint64_t inode,
                               uint32_t *ret_owner)
{
    return look(looking, path, &(struct target){.inode = inode}, ret_owner);
}

enum erase_sight erase_look_at_container(const struct erase_look *looking, const char *path,
                                         uint64_t inode, const char *uuid, uint32_t *ret_owner)
{
    return look(looking, path, &(struct target){.inode = inode, .luks = uuid}, ret_owner);
}
