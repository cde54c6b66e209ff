// SPDX-License-Identifier: GPL-3.0-or-later
// From the policy and mountinfo to places.
#include "daemon/audit-places.h"

#include "base/file.h"
#include "base/text.h"
#include "watch/medium/mounts.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

// One line of mountinfo: where, and which mount.
struct point {
    uint64_t id;
    const char *path; // borrowed from the text
};

struct points {
    struct point *items;
    size_t n;
    char *text;
};

static void points_clear(struct points *points)
{
    free(points->items);
    free(points->text);
}

// "36 35 98:0 /root /point rw,noatime …", cut in place.
static int take_point(char *line, struct point *ret)
{
    char *field = NULL;
    uint64_t id;
    const char *first = strsep(&line, " ");
    for (int i = 0; i < 4; i++)
        field = line ? strsep(&line, " ") : NULL;
    if (!field || text_to_u64(first, 10, UINT64_MAX, &id) < 0)
        return -EBADMSG;
    mounts_unescape(field);
    *ret = (struct point){id, field};
    return 0;
}

static int read_points(int proc, struct points *points)
{
    int r = file_read_at(proc, "self/mountinfo", MOUNTINFO_MAX, &points->text, NULL);
    size_t lines = 1;
    for (const char *p = points->text; r == 0 && *p; p++)
        lines += *p == '\n';
    if (r == 0 && !(points->items = calloc(lines, sizeof *points->items)))
        r = -ENOMEM;
    char *rest = points->text;
    for (char *line; r == 0 && (line = strsep(&rest, "\n"));)
        if (line[0])
            r = take_point(line, &points->items[points->n++]);
    return r;
}

static bool is_inside(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

// The mount that the path lies on: the last one of those whose point is longest.
static uint64_t mount_of(const struct points *points, const char *path)
{
    size_t longest = 0;
    uint64_t id = 0;
    for (size_t i = 0; i < points->n; i++) {
        const struct point *point = &points->items[i];
        size_t length = strlen(point->path);
        bool holds = strcmp(point->path, "/") == 0 || strcmp(path, point->path) == 0 ||
                     is_inside(path, point->path);
        if (!holds || length < longest)
            continue;
        longest = length;
        id = point->id;
    }
    return id;
}

// ---- The list ----------------------------------------------------------------------------------
void audit_places_clear(struct audit_places *places)
{
    for (size_t i = 0; i < places->n; i++)
        free(places->items[i].path);
    free(places->items);
    *places = (struct audit_places){0};
}

static struct audit_spot *find(const struct audit_places *places, const char *path)
{
    for (size_t i = 0; i < places->n; i++)
        if (strcmp(places->items[i].path, path) == 0)
            return &places->items[i];
    return NULL;
}

const struct audit_spot *audit_places_find(const struct audit_places *places, const char *path)
{
    return find(places, path);
}

static int add(struct audit_places *places, const struct points *points, const char *path,
               bool is_medium)
{
    if (audit_places_find(places, path))
        return 0;
    if (places->n >= AUDIT_PLACES_MAX) {
        places->cut = true;
        return 0;
    }
    struct audit_spot *items = reallocarray(places->items, places->n + 1, sizeof *items);
    if (!items)
        return -ENOMEM;
    places->items = items;
    items[places->n] = (struct audit_spot){strdup(path), is_medium, mount_of(points, path), 0};
    if (!items[places->n].path)
        return -ENOMEM;
    places->n++;
    return 0;
}

// mountinfo and the kernel's rules know paths without symlinks. One that is not there is as it is.
static int add_folder(struct audit_places *places, const struct points *points, const char *folder)
{
    CLEANUP_FREE char *real = realpath(folder, NULL);
    const char *path = real ? real : folder;
    int r = add(places, points, path, false);
    struct stat st;
    struct audit_spot *spot = r == 0 ? find(places, path) : NULL;
    if (spot && real && stat(real, &st) == 0)
        spot->inode = st.st_ino;
    for (size_t i = 0; r == 0 && i < points->n; i++)
        if (is_inside(points->items[i].path, path))
            r = add(places, points, points->items[i].path, false);
    return r;
}

static int add_media(const struct audit_places_sources *sources, struct audit_places *places,
                     const struct points *points)
{
    CLEANUP(mounts_clear) struct mounts mounts = {0};
    const struct places *folders = sources->places;
    int r = mounts_read(folders->sys, folders->proc, folders->dev, &mounts);
    for (size_t i = 0; r == 0 && i < mounts.n; i++) {
        const struct mount *mount = mounts.items[i].mount;
        if (!mount->read_only && !usb_guard_is_vital(sources->usb, mount->usb))
            r = add(places, points, mount->point, true);
    }
    return r;
}

int audit_places_read(const struct audit_places_sources *sources, struct audit_places *ret)
{
    CLEANUP(audit_places_clear) struct audit_places places = {0};
    CLEANUP(points_clear) struct points points = {0};
    int r = read_points(sources->places->proc, &points);
    for (size_t i = 0; r == 0 && sources->policy && i < sources->policy->n_folders; i++)
        r = add_folder(&places, &points, sources->policy->folders[i]);
    if (r == 0)
        r = add_media(sources, &places, &points);
    if (r < 0)
        return r;
    *ret = places;
    places = (struct audit_places){0};
    return 0;
}
