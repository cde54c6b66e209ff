// SPDX-License-Identifier: GPL-3.0-or-later
// Reads mountinfo and keeps what stands on a USB disk.
#include "watch/medium/mounts.h"

#include "base/file.h"
#include "base/text.h"
#include "watch/medium/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

// One line, cut into its fields in place: "36 35 98:0 /root /point rw,noatime … - ext4 /dev/x rw".
struct line {
    char *id, *number, *point, *options, *type, *source, *super_options;
};

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

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

void mounts_unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; to++) {
        if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3])) {
            *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

static bool cut_line(char *text, struct line *ret)
{
    char *rest = text, *field, *parent, *root;
    ret->id = strsep(&rest, " ");
    parent = strsep(&rest, " ");
    ret->number = strsep(&rest, " ");
    root = strsep(&rest, " ");
    ret->point = strsep(&rest, " ");
    ret->options = strsep(&rest, " ");
    while ((field = strsep(&rest, " ")) && strcmp(field, "-") != 0)
        ; // optional fields, up to the separator
    ret->type = strsep(&rest, " ");
    ret->source = strsep(&rest, " ");
    ret->super_options = rest;
    return parent && root && ret->super_options;
}

static bool has_option(const char *options, const char *option)
{
    size_t length = strlen(option);
    for (const char *at = options; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, option, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

// btrfs and their kin show a number of no device; what was mounted then stands in the source.
static void find_real_number(int dev, const char *source, uint64_t *number)
{
    struct stat st;
    if (major(*number) == 0 && strncmp(source, "/dev/", 5) == 0 &&
        fstatat(dev, source + 5, &st, 0) == 0 && S_ISBLK(st.st_mode))
        *number = st.st_rdev;
}

static struct mount *new_mount(const struct line *line, uint64_t number, struct stack *stack)
{
    struct mount *mount = calloc(1, sizeof *mount);
    if (!mount)
        return NULL;
    *mount = (struct mount){
        .number = number,
        .source = text_escape(line->source, strlen(line->source), 4096),
        .point = text_dup(line->point),
        .type = text_escape(line->type, strlen(line->type), 64),
        .read_only = has_option(line->options, "ro") || has_option(line->super_options, "ro"),
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
    struct line line;
    uint64_t id, number;
    if (!cut_line(text, &line) || text_to_u64(line.id, 10, UINT64_MAX, &id) < 0 ||
        stack_parse_number(line.number, &number) < 0)
        return -EBADMSG;
    mounts_unescape(line.point);
    mounts_unescape(line.source);
    find_real_number(dev, line.source, &number);

    struct stack stack;
    int r = stack_read(sys, number, &stack);
    if (r < 0)
        return r == -ENODEV ? 0 : r;
    struct mount *mount = new_mount(&line, number, &stack);
    stack_clear(&stack);
    r = mount ? append(mounts, id, mount) : -ENOMEM;
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
