// SPDX-License-Identifier: GPL-3.0-or-later
// Read-only disks, a second look by udev, and mounts that have to go.
#include "enforce/enforce.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

// As the kernel names disks: "sda", "sr0", "mmcblk0", "dm-1".
static bool is_block_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t n = strlen(name);
    return n > 0 && n < 32 && strspn(name, letters) == n;
}

static int set_read_only(int dev, const char *name, int wanted)
{
    if (!is_block_name(name))
        return -EINVAL;
    // O_NONBLOCK: a drive without a medium opens too.
    CLEANUP_CLOSE int fd = openat(dev, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISBLK(st.st_mode))
        return -ENOTBLK;

    int value = wanted;
    if (ioctl(fd, BLKROSET, &value) < 0)
        return -errno;
    value = 0;
    if (ioctl(fd, BLKROGET, &value) < 0)
        return -errno;
    return value || !wanted ? 0 : -EIO;
}

int enforce_medium_read_only(int dev, const char *name)
{
    return set_read_only(dev, name, 1);
}

int enforce_medium_writable(int dev, const char *name)
{
    return set_read_only(dev, name, 0);
}

// The kernel hands the words behind the UUID on as SYNTH_ARG_SEKISHO=1: the watch knows by it that
// nothing on the medium has changed.
static int ask_again(int sys, const char *folder)
{
    CLEANUP_FREE char *path = text_format("%s/uevent", folder);
    return path ? file_write_at(sys, path, "change 7e0f6fd7-3c2b-4f6c-9f0e-5e4b15403e7b SEKISHO=1")
                : -ENOMEM;
}

// Asks below each entry of `folder`, or only those that have a file `mark`. A folder that is not
// there has no entries.
static int ask_entries_again(int sys, const char *folder, const char *mark)
{
    struct dirent **entries = NULL;
    int n = scandirat(sys, folder, &entries, NULL, alphasort), first = 0;
    if (n < 0)
        return errno == ENOENT ? 0 : -errno;
    for (int i = 0; i < n; i++) {
        struct stat st;
        bool hidden = entries[i]->d_name[0] == '.';
        CLEANUP_FREE char *entry = text_format("%s/%s", folder, entries[i]->d_name);
        CLEANUP_FREE char *sign = entry ? text_format("%s/%s", entry, mark) : NULL;
        free(entries[i]);
        int r = sign ? 0 : -ENOMEM;
        if (sign && !hidden && fstatat(sys, sign, &st, 0) == 0)
            r = ask_again(sys, entry);
        if (first == 0 && r != -ENOENT) // it may go at any time
            first = r;
    }
    free(entries);
    return first;
}

static int ask_scsi_nodes_again(int sys, const char *disk)
{
    static const char *const classes[] = {"scsi_generic", "bsg", "scsi_tape"};
    int first = 0;
    for (size_t i = 0; i < ELEMENTS(classes); i++) {
        CLEANUP_FREE char *folder = text_format("%s/device/%s", disk, classes[i]);
        int r = folder ? ask_entries_again(sys, folder, "uevent") : -ENOMEM;
        if (first == 0)
            first = r;
    }
    return first;
}

int enforce_medium_reconsider(int sys, const char *name)
{
    char disk[64];
    if (!is_block_name(name))
        return -EINVAL;
    (void)snprintf(disk, sizeof disk, "class/block/%s", name);
    int r = ask_again(sys, disk);
    if (r == 0)
        r = ask_entries_again(sys, disk, "partition");
    return r < 0 ? r : ask_scsi_nodes_again(sys, disk);
}

int enforce_medium_unmount(const char *mount_point)
{
    if (mount_point[0] != '/')
        return -EINVAL;
    return umount2(mount_point, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 ? -errno : 0;
}
