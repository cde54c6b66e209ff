// SPDX-License-Identifier: GPL-3.0-or-later
// Reads mountinfo and keeps what stands on a USB disk.
#include "watch/medium/mounts.h"

#include "base/file.h"
#include "base/mountinfo.h"
#include "base/text.h"
#include "watch/medium/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

void mounts_clear(struct mounts *mounts)
{
    for (size_t i = 0; i < mounts->n; i++)
        mount_free(mounts->items[i].mount);
    free(mounts->items);
    *mounts = (struct mounts){0};
}

const struct mounted *mounts_find(const struct mounts *mounts, const struct mounted *like)
{
    for (size_t i = 0; i < mounts->n; i++) {
        const struct mounted *m = &mounts->items[i];
        if (m->id == like->id && m->mount->number == like->mount->number &&
            text_equal(m->mount->point, like->mount->point))
            return m;
    }
    return NULL;
}

// btrfs and their kin show a number of no device; what was mounted then stands in the source.
static void find_real_number(int dev, const char *source, uint64_t *number)
{
    struct stat st;
    if (major(*number) == 0 && strncmp(source, "/dev/", 5) == 0 &&
        fstatat(dev, source + 5, &st, 0) == 0 && S_ISBLK(st.st_mode))
        *number = st.st_rdev;
}

static struct mount *new_mount(const struct mountinfo_line *line, uint64_t number,
                               struct stack *stack)
{
    struct mount *mount = calloc(1, sizeof *mount);
    if (!mount)
        return NULL;
    *mount = (struct mount){
        .number = number,
        .source = text_escape(line->source, strlen(line->source), 4096),
        .point = text_dup(line->point),
        .type = text_escape(line->type, strlen(line->type), 64),
        .read_only = mountinfo_has_option(line->options, "ro") ||
                     mountinfo_has_option(line->super_options, "ro"),
        .usb = TAKE_PTR(stack->usb),
        .disk = TAKE_PTR(stack->disk),
        .through_crypt = stack->through_crypt,
    };
    if (mount->source && mount->point && mount->type)
        return mount;
    mount_free(mount);
    return NULL;
}

static int append(struct mounts *mounts, uint64_t id, struct mount *mount)
{
    struct mounted *items = reallocarray(mounts->items, mounts->n + 1, sizeof *items);
    if (!items)
        return -ENOMEM;
    mounts->items = items;
    items[mounts->n++] = (struct mounted){id, mount};
    return 0;
}

static int parse_line(int sys, int dev, char *text, struct mounts *mounts)
{
    struct mountinfo_line line;
    int r = mountinfo_cut(text, &line);
    if (r < 0)
        return r;
    uint64_t number = line.number;
    find_real_number(dev, line.source, &number);

    struct stack stack;
    r = stack_read(sys, number, &stack);
    if (r < 0)
        return r == -ENODEV ? 0 : r;
    struct mount *mount = new_mount(&line, number, &stack);
    stack_clear(&stack);
    r = mount ? append(mounts, line.id, mount) : -ENOMEM;
    if (r < 0)
        mount_free(mount);
    return r;
}

int mounts_parse(int sys, int dev, char *mountinfo, struct mounts *ret)
{
    struct mounts mounts = {0};
    for (char *rest = mountinfo, *text; (text = strsep(&rest, "\n"));) {
        int r = text[0] ? parse_line(sys, dev, text, &mounts) : 0;
        if (r < 0) {
            mounts_clear(&mounts);
            return r;
        }
    }
    *ret = mounts;
    return 0;
}

int mounts_read(int sys, int proc, int dev, struct mounts *ret)
{
    CLEANUP_FREE char *text = NULL;
    int r = file_read_at(proc, "self/mountinfo", MOUNTINFO_MAX, &text, NULL);
    return r < 0 ? r : mounts_parse(sys, dev, text, ret);
}

int mount_copy(const struct mount *mount, struct mount **ret)
{
    struct mount *copy = malloc(sizeof *copy);
    if (!copy)
        return -ENOMEM;
    *copy = *mount;
    copy->source = copy->point = copy->type = copy->usb = copy->disk = NULL;
    int r = text_set(&copy->source, mount->source);
    if (r == 0)
        r = text_set(&copy->point, mount->point);
    if (r == 0)
        r = text_set(&copy->type, mount->type);
    if (r == 0)
        r = text_set(&copy->usb, mount->usb);
    if (r == 0)
        r = text_set(&copy->disk, mount->disk);
    if (r < 0) {
        mount_free(copy);
        return r;
    }
    *ret = copy;
    return 0;
}
