// SPDX-License-Identifier: GPL-3.0-or-later
// Goes through mountinfo and swaps, and follows what belongs to the system down to USB.
#include "watch/medium/footing.h"

#include "base/file.h"
#include "base/mountinfo.h"
#include "base/text.h"
#include "watch/medium/mounts.h"
#include "watch/medium/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

// By the Filesystem Hierarchy Standard 3.0, and systemd's /efi.
static const struct {
    const char *point;
    bool vital;
} places[] = {
    {"/", true},          {"/usr", true},  {"/var", true},   {"/boot", false},
    {"/boot/efi", false}, {"/efi", false}, {"/home", false},
};

void footing_clear(struct footing *footing)
{
    for (size_t i = 0; i < footing->n; i++) {
        free(footing->items[i].usb);
        free(footing->items[i].what);
    }
    free(footing->items);
    *footing = (struct footing){0};
}

// ---- One block device of the system ------------------------------------------------------------

struct step {
    struct footing *footing;
    const char *what;
    bool vital;
};

static bool is_known(const struct step *step, const char *usb)
{
    for (size_t i = 0; i < step->footing->n; i++)
        if (text_equal(step->footing->items[i].usb, usb) &&
            text_equal(step->footing->items[i].what, step->what))
            return true;
    return false;
}

static int add(void *context, const char *disk, const char *usb, bool through_crypt)
{
    const struct step *step = context;
    struct footing *footing = step->footing;
    (void)disk, (void)through_crypt;
    if (is_known(step, usb))
        return 0;
    struct foothold *items = reallocarray(footing->items, footing->n + 1, sizeof *items);
    if (!items)
        return -ENOMEM;
    footing->items = items;
    struct foothold hold = {text_dup(usb), text_dup(step->what), step->vital};
    items[footing->n] = hold;
    footing->n++; // also if a text is missing: footing_clear() frees the other
    return hold.usb && hold.what ? 0 : -ENOMEM;
}

static int add_number(int sys, uint64_t number, struct step *step)
{
    int r = stack_visit(sys, number, add, step);
    return r == -ELOOP ? 0 : r; // what was found on the way has been taken
}

// ---- File systems ------------------------------------------------------------------------------

static int add_mount(int sys, const struct mount *mount, struct footing *footing)
{
    for (size_t i = 0; i < ELEMENTS(places); i++)
        if (text_equal(mount->point, places[i].point))
            return add_number(sys, mount->number,
                              &(struct step){footing, places[i].point, places[i].vital});
    return 0;
}

static int add_mounts(int sys, const struct mounts *mounts, struct footing *footing)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < mounts->n; i++)
        r = add_mount(sys, mounts->items[i].mount, footing);
    return r;
}

// ---- Swap --------------------------------------------------------------------------------------

// A swap file lies in whatever is mounted above it.
static bool lies_in(const char *path, const char *point)
{
    size_t length = strcmp(point, "/") == 0 ? 0 : strlen(point);
    return strncmp(path, point, length) == 0 && path[length] == '/';
}

static int add_swap_file(int sys, const struct mounts *mounts, const char *path, struct step *step)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < mounts->n; i++)
        if (lies_in(path, mounts->items[i].mount->point))
            r = add_number(sys, mounts->items[i].mount->number, step);
    return r;
}

static int add_swap(int sys, int dev, const struct mounts *mounts, char *line,
                    struct footing *footing)
{
    struct stat st;
    struct step step = {footing, "swap", true};
    line[strcspn(line, " \t")] = '\0';
    mountinfo_unescape(line);
    if (line[0] != '/') // the heading
        return 0;
    if (strncmp(line, "/dev/", 5) == 0 && fstatat(dev, line + 5, &st, 0) == 0 &&
        S_ISBLK(st.st_mode))
        return add_number(sys, st.st_rdev, &step);
    return add_swap_file(sys, mounts, line, &step);
}

static int add_swaps(int sys, int proc, int dev, const struct mounts *mounts,
                     struct footing *footing)
{
    CLEANUP_FREE char *text = NULL;
    int r = file_read_at(proc, "swaps", SWAPS_MAX, &text, NULL);
    if (r < 0)
        return r == -ENOENT ? 0 : r; // a kernel without swap
    for (char *rest = text, *line; r == 0 && (line = strsep(&rest, "\n"));)
        r = add_swap(sys, dev, mounts, line, footing);
    return r;
}

// ---- Public ------------------------------------------------------------------------------------

int footing_read(int sys, int proc, int dev, struct footing *ret)
{
    CLEANUP(mounts_clear) struct mounts mounts = {0};
    CLEANUP(footing_clear) struct footing footing = {0};
    int r = mounts_read(sys, proc, dev, &mounts);
    if (r == 0)
        r = add_mounts(sys, &mounts, &footing);
    if (r == 0)
        r = add_swaps(sys, proc, dev, &mounts, &footing);
    if (r < 0)
        return r;
    *ret = footing;
    footing = (struct footing){0};
    return 0;
}

bool footing_is_above(const char *usb, const char *disk)
{
    size_t length = strlen(usb);
    return strncmp(usb, disk, length) == 0 && (disk[length] == '\0' || disk[length] == '.');
}

bool footing_is_vital(int sys, int proc, int dev, const char *usb)
{
    CLEANUP(footing_clear) struct footing footing = {0};
    if (footing_read(sys, proc, dev, &footing) < 0)
        return false;
    for (size_t i = 0; i < footing.n; i++)
        if (footing.items[i].vital && footing_is_above(usb, footing.items[i].usb))
            return true;
    return false;
}
