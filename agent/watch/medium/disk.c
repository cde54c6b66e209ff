// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a disk on USB from sysfs.
#include "watch/medium/disk.h"

#include "base/file.h"
#include "base/mountinfo.h"
#include "base/text.h"
#include "watch/medium/stack.h"

#include <errno.h>

static int read_number(int sys, const char *folder, const char *name, uint64_t *ret)
{
    CLEANUP_FREE char *path = text_format("%s/%s", folder, name), *text = NULL;
    if (!path)
        return -ENOMEM;
    int r = file_read_line_at(sys, path, 64, &text);
    return r < 0 ? r : text_to_u64(text, 10, UINT64_MAX, ret);
}

static int read_device_number(int sys, const char *folder, uint64_t *ret)
{
    CLEANUP_FREE char *path = text_format("%s/dev", folder), *text = NULL;
    if (!path)
        return -ENOMEM;
    int r = file_read_line_at(sys, path, 64, &text);
    return r < 0 ? r : mountinfo_parse_number(text, ret);
}

static int read_values(int sys, const char *folder, struct medium *medium)
{
    uint64_t sectors = 0, read_only = 0;
    int r = read_device_number(sys, folder, &medium->number);
    if (r == 0)
        r = read_number(sys, folder, "size", &sectors);
    if (r == 0)
        r = read_number(sys, folder, "ro", &read_only);
    if (r < 0)
        return r;
    // A kernel before 5.15 has no way to tell two media apart: 0, which is never cleared.
    r = read_number(sys, folder, "diskseq", &medium->sequence);
    if (r < 0 && r != -ENOENT)
        return r;
    medium->size = sectors > UINT64_MAX / 512 ? 0 : sectors * 512;
    medium->read_only = read_only != 0;
    medium->content = medium->size == 0 ? MEDIUM_EMPTY : MEDIUM_UNCHECKED;
    return 0;
}

static int set_names(struct medium *medium, const char *sysname, const char *usb)
{
    medium->sysname = text_dup(sysname);
    medium->usb = text_dup(usb);
    medium->node = text_format("/dev/%s", sysname);
    return medium->sysname && medium->usb && medium->node ? 0 : -ENOMEM;
}

int disk_read(int sys, const char *sysname, struct medium **ret)
{
    CLEANUP_FREE char *link = text_format("class/block/%s", sysname), *folder = NULL, *usb = NULL;
    CLEANUP(medium_free_p) struct medium *medium = calloc(1, sizeof *medium);
    if (!link || !medium)
        return -ENOMEM;
    int r = stack_resolve(sys, link, &folder);
    if (r == 0)
        r = stack_usb_of(sys, folder, &usb);
    if (r == 0)
        r = set_names(medium, sysname, usb);
    if (r == 0)
        r = read_values(sys, folder, medium);
    if (r < 0)
        return r == -ENOENT ? -ENODEV : r; // it went while it was read
    *ret = TAKE_PTR(medium);
    return 0;
}

int medium_copy(const struct medium *medium, struct medium **ret)
{
    CLEANUP(medium_free_p) struct medium *copy = malloc(sizeof *copy);
    if (!copy)
        return -ENOMEM;
    *copy = *medium;
    copy->finding = copy->luks = NULL;
    copy->node = copy->sysname = copy->usb = NULL;
    int r = set_names(copy, medium->sysname, medium->usb);
    if (r == 0)
        r = text_set(&copy->finding, medium->finding);
    if (r == 0)
        r = text_set(&copy->luks, medium->luks);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(copy);
    return 0;
}
