// SPDX-License-Identifier: GPL-3.0-or-later
// An encrypted container (LUKS, in a file or on a device) whose keys are destroyed: all that lies
// before its content, which is its headers and every key slot, is overwritten where it lies and
// read back. The content stays as it is, and nobody can open it.
#include "base/i18n.h"
#include "base/text.h"
#include "cli/erase-parts.h"
#include "watch/medium/luks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define SECTOR 512

#define IN_USE                                                                                     \
    N_("it is in use: unmount what is in it and close it (cryptsetup close NAME, losetup -d), "    \
       "then "                                                                                     \
       "try again")

// Exclusively: who has it mapped or mounted holds it, and then the kernel refuses.
static void open_device(struct erase_file *file)
{
    uint64_t size = 0;
    file->fd = openat(file->parent, file->name, O_RDWR | O_EXCL | O_NOFOLLOW | O_CLOEXEC);
    if (file->fd < 0)
        file->why = errno == EBUSY ? IN_USE : erase_file_explain(-errno);
    else if (ioctl(file->fd, BLKGETSIZE64, &size) < 0)
        file->why = erase_file_explain(-errno);
    file->size = size;
}

static bool is_device(const struct erase_file *file)
{
    struct stat info;
    return file->parent >= 0 &&
           fstatat(file->parent, file->name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISBLK(info.st_mode);
}

static const char *explain_header(const struct luks *luks)
{
    switch (luks->kind) {
    case LUKS_1:
    case LUKS_2:
        return NULL;
    case LUKS_NONE:
        return N_("it is no LUKS container, or its header lies elsewhere (a detached header)");
    case LUKS_BROKEN:
    case LUKS_MAX:
        break;
    }
    return N_("its LUKS header is damaged, detached, or being changed; cryptsetup luksDump tells "
              "more");
}

static int read_header(const struct erase_file *file, struct luks *ret)
{
    const struct medium_source source = {.fd = file->fd, .size = file->size, .sector = SECTOR};
    return luks_read(&source, 0, file->size, ret);
}

static int look_at_header(struct erase_file *file)
{
    struct luks luks;
    int r = read_header(file, &luks);
    if (r < 0)
        return r;
    file->why = explain_header(&luks);
    if (file->why)
        return 0;
    file->keys = luks.data;
    text_copy(file->luks, sizeof file->luks, luks.uuid);
    return 0;
}

// Where the new content goes elsewhere, the keys would stay.
static int look_below(struct erase_file *file)
{
    int r = erase_file_look_below(file);
    if (r == 0 && !file->evidence.in_place)
        file->why =
            N_("its file system does not write where the keys lie, so that they would stay; "
               "destroy the storage as a whole");
    return r;
}

int erase_container_look(const char *path, struct erase_file *file)
{
    int r = erase_file_look(path, NULL, 0, file);
    bool on_device = r == 0 && is_device(file);
    if (r < 0)
        return r;
    if (on_device) {
        file->why = NULL;
        file->evidence.in_place = true;
        open_device(file);
    } else if (file->taken) {
        file->why = IN_USE;
    }
    file->evidence.container = true;
    if (!file->why)
        r = look_at_header(file);
    if (r == 0 && !file->why && !on_device)
        r = look_below(file);
    // The agent looks at the header itself, and a lease would keep it out.
    if (file->alone)
        (void)fcntl(file->fd, F_SETLEASE, F_UNLCK);
    if (r < 0 && r != -ENOMEM) {
        file->why = erase_file_explain(r);
        r = 0;
    }
    return r;
}

static int destroy(struct erase_file *file, struct luks *ret_left)
{
    CLEANUP(erase_extents_clear) struct erase_extents before = {0};
    CLEANUP(erase_extents_clear) struct erase_extents after = {0};
    int r = erase_extents_read(file->fd, &before);
    if (r == 0)
        r = erase_content(file->fd, file->keys);
    if (r == 0)
        r = erase_extents_read(file->fd, &after);
    if (r == 0)
        r = read_header(file, ret_left);
    file->evidence.written = r == 0;
    if (r == 0 && before.known && !erase_extents_equal(&before, &after))
        file->evidence.in_place = false;
    return r;
}

// What is in the way; NULL: the keys are gone.
static const char *try_to_destroy(struct erase_file *file)
{
    struct luks left = {.kind = LUKS_MAX};
    if (file->alone && erase_file_take_lease(file))
        return IN_USE; // since a moment ago
    int r = destroy(file, &left);
    if (r < 0)
        return erase_file_explain(r);
    return left.kind == LUKS_NONE && file->evidence.in_place
               ? NULL
               : N_("overwritten, but the storage has put that elsewhere, so that the keys may "
                    "still be there; have it destroyed");
}

void erase_container_do(struct erase_file *file)
{
    file->why = try_to_destroy(file);
    file->gone = !file->why;
    (void)close(file->fd);
    file->fd = -1;
}
