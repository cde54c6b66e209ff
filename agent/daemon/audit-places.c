// SPDX-License-Identifier: GPL-3.0-or-later
// From the policy and mountinfo to places.
#include "daemon/audit-places.h"

#include "base/mountinfo.h"
#include "base/text.h"
#include "watch/medium/mounts.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

// The mount that the path lies on: the last one of those whose point is longest.
static uint64_t mount_of(const struct mountinfo *points, const char *path)
{
    size_t longest = 0;
    uint64_t id = 0;
    for (size_t i = 0; i < points->n; i++) {
        const struct mountinfo_line *point = &points->items[i];
        size_t length = strlen(point->point);
        bool holds = strcmp(point->point, "/") == 0 || strcmp(path, point->point) == 0 ||
                     mountinfo_is_inside(path, point->point);
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

static int add(struct audit_places *places, const struct mountinfo *points, const char *path,
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
static int add_folder(struct audit_places *places, const struct mountinfo *points,
                      const char *folder)
{
    CLEANUP_FREE char *real = realpath(folder, NULL);
    const char *path = real ? real : folder;
    int r = add(places, points, path, false);
    struct stat st;
    struct audit_spot *spot = r == 0 ? find(places, path) : NULL;
    if (spot && real && stat(real, &st) == 0)
        spot->inode = st.st_ino;
    for (size_t i = 0; r == 0 && i < points->n; i++)
        if (mountinfo_is_inside(points->items[i].point, path))
            r = add(places, points, points->items[i].point, false);
    return r;
}

static int add_media(const struct audit_places_sources *sources, struct audit_places *places,
                     const struct mountinfo *points)
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
    CLEANUP(mountinfo_clear) struct mountinfo points = {0};
    int r = mountinfo_read(sources->places->proc, &points);
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
