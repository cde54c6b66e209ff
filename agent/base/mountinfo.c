// SPDX-License-Identifier: GPL-3.0-or-later
// Lines into a table, and the way down in it.
#include "base/mountinfo.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

// ---- Words -------------------------------------------------------------------------------------

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

void mountinfo_unescape(char *text)
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

int mountinfo_parse_number(const char *text, uint64_t *ret)
{
    const char *colon = strchr(text, ':');
    CLEANUP_FREE char *first = colon ? strndup(text, (size_t)(colon - text)) : NULL;
    uint64_t a, b;
    if (!colon)
        return -EINVAL;
    if (!first)
        return -ENOMEM;
    int r = text_to_u64(first, 10, UINT32_MAX, &a);
    if (r == 0)
        r = text_to_u64(colon + 1, 10, UINT32_MAX, &b);
    if (r == 0)
        *ret = makedev((unsigned)a, (unsigned)b);
    return r;
}

bool mountinfo_has_option(const char *options, const char *option)
{
    size_t length = strlen(option);
    for (const char *at = options; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, option, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

int mountinfo_option(const char *options, const char *key, size_t index, char **ret)
{
    size_t length = strlen(key);
    for (const char *at = options; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, key, length) != 0 || at[length] != '=' || index-- > 0)
            continue;
        const char *value = at + length + 1;
        char *copy = strndup(value, strcspn(value, ","));
        if (!copy)
            return -ENOMEM;
        mountinfo_unescape(copy);
        *ret = copy;
        return 0;
    }
    return -ENOENT;
}

// ---- Lines -------------------------------------------------------------------------------------

// The fields behind the separator: "ext4 /dev/x rw".
static int cut_end(char *rest, struct mountinfo_line *line)
{
    char *field;
    while ((field = strsep(&rest, " ")) && strcmp(field, "-") != 0)
        ; // optional fields, up to the separator
    line->type = strsep(&rest, " ");
    char *source = strsep(&rest, " ");
    line->super_options = rest;
    if (!rest)
        return -EBADMSG;
    mountinfo_unescape(source);
    line->source = source;
    return 0;
}

int mountinfo_cut(char *text, struct mountinfo_line *ret)
{
    struct mountinfo_line line = {0};
    char *rest = text;
    char *id = strsep(&rest, " "), *parent = strsep(&rest, " "), *number = strsep(&rest, " ");
    char *root = strsep(&rest, " "), *point = strsep(&rest, " ");
    line.options = strsep(&rest, " ");
    if (!rest || text_to_u64(id, 10, UINT64_MAX, &line.id) < 0 ||
        text_to_u64(parent, 10, UINT64_MAX, &line.parent) < 0 ||
        mountinfo_parse_number(number, &line.number) < 0)
        return -EBADMSG;
    mountinfo_unescape(root);
    mountinfo_unescape(point);
    line.root = root;
    line.point = point;
    int r = cut_end(rest, &line);
    if (r == 0)
        *ret = line;
    return r;
}

void mountinfo_clear(struct mountinfo *info)
{
    free(info->items);
    free(info->text);
    *info = (struct mountinfo){0};
}

int mountinfo_parse(char *text, struct mountinfo *ret)
{
    CLEANUP(mountinfo_clear) struct mountinfo info = {.text = text};
    size_t lines = 1;
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    info.items = calloc(lines, sizeof *info.items);
    int r = info.items ? 0 : -ENOMEM;
    char *rest = text;
    for (char *line; r == 0 && (line = strsep(&rest, "\n"));)
        if (line[0])
            r = mountinfo_cut(line, &info.items[info.n++]);
    if (r < 0)
        return r;
    *ret = info;
    info = (struct mountinfo){0};
    return 0;
}

int mountinfo_read(int proc, struct mountinfo *ret)
{
    char *text = NULL;
    int r = file_read_at(proc, "self/mountinfo", MOUNTINFO_MAX, &text, NULL);
    return r < 0 ? r : mountinfo_parse(text, ret);
}

// ---- The way down ------------------------------------------------------------------------------

bool mountinfo_is_inside(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    if (length == 1 && folder[0] == '/')
        return path[0] == '/' && path[1] != '\0';
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static bool is_at(const struct mountinfo_line *line, const char *path, size_t length)
{
    return strncmp(line->point, path, length) == 0 && line->point[length] == '\0';
}

// What is mounted on `at` at the first `length` bytes of the path, and on that, to the topmost.
static const struct mountinfo_line *climb(const struct mountinfo *info,
                                          const struct mountinfo_line *at, const char *path,
                                          size_t length)
{
    size_t steps = 0; // a table that the kernel did not write may go in circles
    for (size_t i = 0; i < info->n && steps < info->n; i++) {
        const struct mountinfo_line *line = &info->items[i];
        if (line->parent != at->id || line->id == at->id || !is_at(line, path, length))
            continue;
        at = line;
        i = (size_t)-1;
        steps++;
    }
    return at;
}

// The lowest mount at "/": one that stands on none of the table's others.
static const struct mountinfo_line *find_root(const struct mountinfo *info)
{
    for (size_t i = 0; i < info->n; i++) {
        const struct mountinfo_line *line = &info->items[i];
        bool lowest = is_at(line, "/", 1);
        for (size_t j = 0; lowest && j < info->n; j++)
            lowest = j == i || info->items[j].id != line->parent || !is_at(&info->items[j], "/", 1);
        if (lowest)
            return line;
    }
    return NULL;
}

const struct mountinfo_line *mountinfo_find(const struct mountinfo *info, const char *path)
{
    const struct mountinfo_line *at = path[0] == '/' ? find_root(info) : NULL;
    if (!at)
        return NULL;
    at = climb(info, at, "/", 1);
    for (size_t length = 1; path[length]; length++)
        if (path[length + 1] == '/' || path[length + 1] == '\0')
            at = climb(info, at, path, length + 1);
    return at;
}
