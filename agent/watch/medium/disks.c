// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the list of disks on USB.
#include "watch/medium/disks.h"

#include "base/text.h"

#include <errno.h>

struct disk *disks_find(const struct disks *disks, const char *sysname)
{
    for (size_t i = 0; i < disks->n; i++)
        if (text_equal(disks->items[i]->medium->sysname, sysname))
            return disks->items[i];
    return NULL;
}

int disks_add(struct disks *disks, struct medium *medium, void *owner, struct disk **ret)
{
    if (disks->n == DISKS_MAX)
        return -ENOSPC;
    struct disk *disk = calloc(1, sizeof *disk);
    if (!disk)
        return -ENOMEM;
    *disk = (struct disk){.medium = medium, .owner = owner};
    disks->items[disks->n++] = disk;
    *ret = disk;
    return 0;
}

struct medium *disks_remove(struct disks *disks, struct disk *disk)
{
    struct medium *medium = disk->medium;
    for (size_t i = 0; i < disks->n; i++)
        if (disks->items[i] == disk)
            disks->items[i] = disks->items[--disks->n];
    look_free(disk->look);
    sd_event_source_disable_unref(disk->settling);
    free(disk);
    return medium;
}

void disks_clear(struct disks *disks)
{
    while (disks->n > 0)
        medium_free(disks_remove(disks, disks->items[0]));
}
