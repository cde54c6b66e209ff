// SPDX-License-Identifier: GPL-3.0-or-later
// Decides on one block device or SCSI node: by the USB device below it, and by what the daemon has
// found on its medium.
#include "udev/verdict-medium.h"

#include "base/text.h"
#include "enforce/enforce.h"
#include "fact/cleared.h"
#include "udev/verdict.h"
#include "watch/medium/disk.h"
#include "watch/medium/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

// The folder below /sys of a device that udev names.
static int find_node(int sys, const char *name, char **ret_path)
{
    static const char *const classes[] = {"block", "scsi_generic", "bsg", "scsi_tape"};
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') || strlen(name) > 64)
        return -EINVAL;
    int r = -ENODEV;
    for (size_t i = 0; i < ELEMENTS(classes) && r == -ENODEV; i++) {
        CLEANUP_FREE char *link = text_format("class/%s/%s", classes[i], name);
        if (!link)
            return -ENOMEM;
        r = stack_resolve(sys, link, ret_path);
    }
    return r;
}

static int protect(const struct place *place, const char *disk)
{
    CLEANUP_CLOSE int dev = openat(place->root, "dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dev < 0)
        return -errno;
    return enforce_medium_read_only(dev, disk);
}

// The medium as it is now, write-protected first if it has to be.
static int read_medium(const struct place *place, const char *path, const struct verdict *verdict,
                       struct medium **ret)
{
    CLEANUP_FREE char *disk = NULL;
    CLEANUP(medium_free_p) struct medium *medium = NULL;
    int r = stack_disk_of(path, &disk);
    if (r == 0 && verdict->allowed && verdict->read_only)
        r = protect(place, disk);
    if (r == 0)
        r = disk_read(place->sys, disk, &medium);
    if (r == 0 && place->run >= 0 && place->agent_alive && verdict->encrypted) {
        r = cleared_is_set(place->run, medium->sequence, disk);
        if (r == 1)
            medium->content = MEDIUM_ENCRYPTED;
    }
    if (r < 0)
        return r;
    *ret = TAKE_PTR(medium);
    return 0;
}

static void answer_block(const struct place *place, const char *path, const struct verdict *verdict,
                         struct medium_answer *ret)
{
    CLEANUP(medium_free_p) struct medium *medium = NULL;
    ret->error = read_medium(place, path, verdict, &medium);
    if (ret->error < 0)
        return;
    switch (decide_medium(verdict, medium)) {
    case MEDIUM_OPEN:
        ret->medium = "open";
        ret->encrypted = verdict->encrypted;
        ret->read_only = verdict->read_only;
        break;
    case MEDIUM_HOLD:
        break;
    case MEDIUM_REFUSE:
        ret->medium = "refuse";
        break;
    }
}

// SCSI commands pass by both the write protection and dm-crypt: such a node is for media that are
// held to neither.
static void answer_node(const struct verdict *verdict, struct medium_answer *ret)
{
    const struct medium unchecked = {.content = MEDIUM_UNCHECKED};
    if (!verdict->encrypted && !verdict->read_only &&
        decide_medium(verdict, &unchecked) == MEDIUM_OPEN)
        ret->medium = "open";
}

void verdict_medium(const struct place *place, const char *name, struct medium_answer *ret)
{
    CLEANUP_FREE char *path = NULL, *usb = NULL;
    CLEANUP(view_clear) struct view view = {0};
    *ret = (struct medium_answer){.medium = "hold"};
    if (place->gate->mode == MODE_OBSERVE) {
        ret->medium = "none";
        return;
    }
    int r = find_node(place->sys, name, &path);
    if (r == 0)
        r = stack_usb_of(place->sys, path, &usb);
    if (r == -ENODEV && path) {
        ret->medium = "none";
        return;
    }
    if (r == 0)
        r = view_read(place, usb, &view);
    if (r < 0) {
        ret->error = r;
        return;
    }
    if (!verdict_is_plain(&view.verdict) && place_needs(place, usb))
        ret->medium = "none"; // what systemd takes for gone, it unmounts
    else if (strstr(path, "/block/"))
        answer_block(place, path, &view.verdict, ret);
    else
        answer_node(&view.verdict, ret);
}
