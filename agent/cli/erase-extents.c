// SPDX-License-Identifier: GPL-3.0-or-later
// Where a file's content lies, as FIEMAP tells it (Documentation/filesystems/fiemap.rst).
#include "cli/erase-parts.h"

#include <errno.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

#define AT_ONCE 128
#define EXTENTS_MAX 65536 // more: nobody can tell

// Not a block of its own on the device: compressed, packed into a node, not yet anywhere, shared.
#define FOREIGN                                                                                    \
    (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_NOT_ALIGNED |                  \
     FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_DATA_TAIL | FIEMAP_EXTENT_SHARED)

void erase_extents_clear(struct erase_extents *extents)
{
    free(extents->items);
    *extents = (struct erase_extents){0};
}

static bool continues(const struct erase_extent *last, const struct fiemap_extent *next)
{
    return last->logical + last->length == next->fe_logical &&
           last->physical + last->length == next->fe_physical;
}

static int add(struct erase_extents *extents, const struct fiemap_extent *next)
{
    struct erase_extent *items = extents->items;
    if (extents->n > 0 && continues(&items[extents->n - 1], next)) {
        items[extents->n - 1].length += next->fe_length;
        return 0;
    }
    if (extents->n == EXTENTS_MAX)
        return -E2BIG;
    if ((extents->n & (extents->n - 1)) == 0) { // at 0, 1, 2, 4, …
        size_t room = extents->n == 0 ? 1 : 2 * extents->n;
        items = realloc(items, room * sizeof *items);
        if (!items)
            return -ENOMEM;
        extents->items = items;
    }
    items[extents->n++] =
        (struct erase_extent){next->fe_logical, next->fe_physical, next->fe_length};
    return 0;
}

// Encrypted content (fscrypt) is said to be encoded, and lies in blocks of its own all the same.
static bool is_foreign(uint32_t flags)
{
    bool encoded = (flags & FIEMAP_EXTENT_ENCODED) && !(flags & FIEMAP_EXTENT_DATA_ENCRYPTED);
    return encoded || (flags & FOREIGN);
}

static int take(struct erase_extents *extents, const struct fiemap *map, uint64_t *at, bool *last)
{
    for (uint32_t i = 0; i < map->fm_mapped_extents; i++) {
        const struct fiemap_extent *extent = &map->fm_extents[i];
        extents->shared = extents->shared || is_foreign(extent->fe_flags);
        int r = add(extents, extent);
        if (r < 0)
            return r;
        *at = extent->fe_logical + extent->fe_length;
        *last = *last || (extent->fe_flags & FIEMAP_EXTENT_LAST);
    }
    *last = *last || map->fm_mapped_extents == 0;
    return 0;
}

int erase_extents_read(int fd, struct erase_extents *ret)
{
    CLEANUP_FREE struct fiemap *map =
        calloc(1, sizeof *map + AT_ONCE * sizeof(struct fiemap_extent));
    CLEANUP(erase_extents_clear) struct erase_extents extents = {.known = true};
    uint64_t at = 0;
    int r = map ? 0 : -ENOMEM;
    for (bool last = false; r == 0 && !last;) {
        *map = (struct fiemap){.fm_start = at,
                               .fm_length = FIEMAP_MAX_OFFSET - at,
                               .fm_flags = FIEMAP_FLAG_SYNC,
                               .fm_extent_count = AT_ONCE};
        if (ioctl(fd, FS_IOC_FIEMAP, map) < 0)
            r = -errno;
        else
            r = take(&extents, map, &at, &last);
    }
    if (r == -ENOMEM || r == -EIO)
        return r;
    if (r < 0)
        extents.known = false; // it can't, or there are too many
    *ret = extents;
    extents = (struct erase_extents){0};
    return 0;
}

bool erase_extents_equal(const struct erase_extents *a, const struct erase_extents *b)
{
    return a->known && b->known && !a->shared && !b->shared && a->n == b->n &&
           (a->n == 0 || memcmp(a->items, b->items, a->n * sizeof *a->items) == 0);
}
