// SPDX-License-Identifier: GPL-3.0-or-later
// One file, from its name to its end.
#include "cli/erase-file.h"

#include "base/file.h"
#include "base/text.h"
#include "cli/erase-parts.h"
#include "report/erase-ground.h"
#include "watch/storage/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define BLOCK (256u * 1024)

void erase_file_clear(struct erase_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    if (file->parent >= 0)
        (void)close(file->parent);
    free(file->path);
    *file = (struct erase_file){.fd = -1, .parent = -1};
}

// ---- Finding it --------------------------------------------------------------------------------

int erase_open_folder(const char *path, int *ret)
{
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
                           .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    if (fd < 0)
        return -errno;
    *ret = (int)fd;
    return 0;
}

// Where the folder truly is, and the name in it.
static int set_path(struct erase_file *file, const char *name)
{
    char self[64], folder[PATH_MAX];
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", file->parent);
    ssize_t n = readlink(self, folder, sizeof folder - 1);
    if (n < 0)
        return -errno;
    folder[n] = '\0';
    file->path = text_format("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
    if (!file->path)
        return -ENOMEM;
    file->name = text_basename(file->path);
    return 0;
}

static int open_parent(struct erase_file *file, const char *path)
{
    const char *name = text_basename(path);
    CLEANUP_FREE char *folder = name == path ? text_dup(".") : strndup(path, (size_t)(name - path));
    if (!folder)
        return -ENOMEM;
    int r = erase_open_folder(folder, &file->parent);
    return r < 0 ? r : set_path(file, name);
}

const char *erase_file_explain(int error)
{
    switch (error) {
    case -ENOENT:
    case -ENOTDIR:
        return N_("there is no such file");
    case -ELOOP:
        return N_("a symbolic link is on the way; name the file by its true path");
    case -EACCES:
    case -EPERM:
        return N_("you may not write to it");
    case -EROFS:
        return N_("its file system is read-only");
    case -ETXTBSY:
        return N_("it is a program that runs");
    case -ENOSPC:
    case -EDQUOT:
        return N_("the file system is full, so that it can't be overwritten");
    case -EIO:
        return N_(
            "the storage does not give back what was written to it; have the disk replaced and "
            "destroyed");
    default:
        return N_("the operating system does not let it be erased");
    }
}

static const char *what_is_against(const struct stat *info, int flags)
{
    if (S_ISDIR(info->st_mode))
        return N_("it is a folder; --recursive erases what is in it");
    if (S_ISLNK(info->st_mode))
        return N_("it is a symbolic link, which has no content");
    if (!S_ISREG(info->st_mode))
        return N_("it is a device or the like and holds no content");
    if (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL))
        return N_("it is protected from changes (chattr +i or +a)");
    return NULL;
}

// Descriptors and maps of others count.
const char *erase_file_take_lease(struct erase_file *file)
{
    if (fcntl(file->fd, F_SETLEASE, F_WRLCK) == 0) {
        file->alone = true;
        return NULL;
    }
    file->taken = errno == EAGAIN;
    return file->taken ? N_("another program has it open; close that first") : NULL;
}

static void note(struct erase_file *file, const struct stat *info)
{
    file->device = info->st_dev;
    file->inode = info->st_ino;
    file->size = (uint64_t)info->st_size;
    file->links = info->st_nlink;
}

// Under another name we have it open already, and our own lease would keep us out.
static bool is_among(const struct stat *info, const struct erase_file *others, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (others[i].fd >= 0 && others[i].device == info->st_dev &&
            others[i].inode == info->st_ino)
            return true;
    return false;
}

static int open_file(struct erase_file *file, const struct erase_file *others, size_t n)
{
    struct stat info;
    int flags = 0;
    if (fstatat(file->parent, file->name, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    file->why = what_is_against(&info, 0);
    note(file, &info);
    if (file->why || is_among(&info, others, n))
        return 0;
    file->fd =
        openat(file->parent, file->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file->fd < 0 && errno == EPERM) { // root gets this for an immutable one only
        file->why = what_is_against(&info, FS_IMMUTABLE_FL);
        return 0;
    }
    if (file->fd < 0 || fstat(file->fd, &info) < 0)
        return -errno;
    (void)ioctl(file->fd, FS_IOC_GETFLAGS, &flags); // a file system without flags has none set
    file->why = what_is_against(&info, flags);
    note(file, &info);
    return 0;
}

int erase_file_look(const char *path, const struct erase_file *others, size_t n,
                    struct erase_file *file)
{
    *file = (struct erase_file){.fd = -1, .parent = -1};
    int r = open_parent(file, path);
    if (r == 0)
        r = open_file(file, others, n);
    if (r == 0 && !file->why && file->fd >= 0)
        file->why = erase_file_take_lease(file);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        file->why = erase_file_explain(r);
    if (!file->path) {
        file->path = text_dup(path);
        file->name = file->path ? text_basename(file->path) : NULL;
    }
    return file->path ? 0 : -ENOMEM;
}

int erase_file_hash(struct erase_file *file)
{
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    CLEANUP_FREE char *block = malloc(BLOCK);
    uint8_t hash[DIGEST_SIZE];
    ssize_t n = 0;
    int r = digest_new(&digest);
    if (r < 0 || !block)
        return r < 0 ? r : -ENOMEM;
    for (uint64_t at = 0; (n = pread(file->fd, block, BLOCK, (off_t)at)) > 0; at += (uint64_t)n)
        digest_add(digest, block, (size_t)n);
    if (n < 0)
        return -errno;
    digest_end(digest, hash);
    text_hex(hash, DIGEST_SIZE, file->hash);
    return 0;
}

// ---- The act -----------------------------------------------------------------------------------

int erase_file_look_below(struct erase_file *file)
{
    CLEANUP_JSON json_object *layers = NULL;
    CLEANUP(erase_ground_clear) struct erase_ground ground = {0};
    CLEANUP_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return -errno;
    int r = storage_place_look(root, file->path, &layers);
    if (r == 0)
        r = erase_ground_judge(layers, &ground);
    file->evidence.in_place = ground.in_place;
    file->evidence.encrypted = ground.encrypted;
    file->evidence.magnetic = ground.magnetic;
    return r;
}

// chattr +j: its content goes through the journal whatever the mount says.
static void look_at_flags(struct erase_file *file)
{
    int flags = 0;
    if (ioctl(file->fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_JOURNAL_DATA_FL))
        file->evidence.magnetic = false;
}

static int overwrite(struct erase_file *file)
{
    CLEANUP(erase_extents_clear) struct erase_extents before = {0};
    CLEANUP(erase_extents_clear) struct erase_extents after = {0};
    int r = erase_extents_read(file->fd, &before);
    if (r == 0)
        r = erase_content(file->fd, file->size);
    if (r == 0)
        r = erase_extents_read(file->fd, &after);
    if (r < 0)
        return r;
    file->evidence.written = true;
    file->evidence.stayed = erase_extents_equal(&before, &after);
    if (before.known && !file->evidence.stayed)
        file->evidence.in_place = false;
    return 0;
}

// Whoever owns the folder may have put another file there meanwhile.
static bool is_still_it(const struct erase_file *file)
{
    struct stat info;
    return fstatat(file->parent, file->name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           info.st_dev == file->device && info.st_ino == file->inode;
}

static void unlink_it(struct erase_file *file)
{
    if (!is_still_it(file)) {
        file->why = N_("overwritten, but somebody has moved it meanwhile; look where it is now");
        return;
    }
    if (unlinkat(file->parent, file->name, 0) < 0) {
        file->why = N_("overwritten, but its name could not be removed");
        return;
    }
    file->gone = true;
    if (fsync(file->parent) < 0)
        file->why = N_("removed, but the disk does not confirm that");
}

void erase_file_do(struct erase_file *file)
{
    int r = erase_file_look_below(file);
    if (r == 0)
        r = overwrite(file);
    look_at_flags(file);
    if (r < 0)
        file->why = erase_file_explain(r);
    else
        unlink_it(file);
    (void)close(file->fd);
    file->fd = -1;
}

void erase_file_follow(struct erase_file *file, const struct erase_file *first)
{
    if (first && !first->why) {
        file->evidence = first->evidence;
        unlink_it(file);
    } else {
        file->why = N_("its content could not be erased under its other name");
    }
}
