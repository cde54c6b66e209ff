// SPDX-License-Identifier: GPL-3.0-or-later
// Asks libblkid for every signature and every partition it can find.
#include "watch/medium/signature.h"

#include "base/text.h"

#include <blkid.h>
#include <errno.h>

#define ROUNDS_MAX 64 // signatures on one medium; more is an attack

static void probe_free(blkid_probe probe)
{
    if (probe)
        blkid_free_probe(probe);
}

static void probe_free_p(blkid_probe *probe)
{
    probe_free(*probe);
}

static int new_probe(const struct medium_source *source, uint64_t begin, uint64_t end,
                     blkid_probe *ret)
{
    CLEANUP(probe_free_p) blkid_probe probe = blkid_new_probe();
    if (!probe)
        return -ENOMEM;
    errno = 0;
    if (blkid_probe_set_device(probe, source->fd, (blkid_loff_t)begin,
                               (blkid_loff_t)(end - begin)) != 0)
        return errno > 0 ? -errno : -EIO;
    // An image has no sector size of its own; a block device is asked by libblkid itself.
    (void)blkid_probe_set_sectorsize(probe, source->sector);
    *ret = probe;
    probe = NULL;
    return 0;
}

static const char *foreign_name(blkid_probe probe)
{
    const char *name = NULL;
    if (blkid_probe_lookup_value(probe, "TYPE", &name, NULL) == 0)
        return text_equal(name, "crypto_LUKS") ? NULL : name;
    if (blkid_probe_lookup_value(probe, "PTTYPE", &name, NULL) == 0)
        return name;
    return NULL;
}

int signature_find_foreign(const struct medium_source *source, uint64_t begin, uint64_t end,
                           bool tables, char ret[SIGNATURE_MAX])
{
    CLEANUP(probe_free_p) blkid_probe probe = NULL;
    int r = new_probe(source, begin, end, &probe);
    if (r < 0)
        return r;
    if (blkid_probe_enable_superblocks(probe, 1) < 0 ||
        blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_BADCSUM) < 0 ||
        blkid_probe_enable_partitions(probe, tables) < 0)
        return -ENOMEM;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        errno = 0;
        r = blkid_do_probe(probe); // one signature each time
        if (r == 1)
            return 0;
        if (r != 0)
            return errno > 0 ? -errno : -EIO;
        const char *name = foreign_name(probe);
        if (name) {
            (void)snprintf(ret, SIGNATURE_MAX, "%s", name);
            return 1;
        }
    }
    (void)snprintf(ret, SIGNATURE_MAX, "a pile of signatures");
    return 1;
}

static bool layout_has(const struct layout *layout, uint64_t begin, uint64_t length)
{
    for (size_t i = 0; i < layout->n; i++) {
        const struct area *a = &layout->areas[i];
        if (a->partition > 0 && a->begin == begin && a->end - a->begin == length)
            return true;
    }
    return false;
}

static size_t count_partitions(const struct layout *layout)
{
    size_t n = 0;
    for (size_t i = 0; i < layout->n; i++)
        n += layout->areas[i].partition > 0;
    return n;
}

// The extended partition is a container, not an area of its own.
static int compare(blkid_partlist list, const struct layout *layout)
{
    size_t same = 0;
    for (int i = 0; i < blkid_partlist_numof_partitions(list); i++) {
        blkid_partition partition = blkid_partlist_get_partition(list, i);
        if (!partition)
            return -ENOMEM;
        if (blkid_partition_is_extended(partition))
            continue;
        uint64_t begin = (uint64_t)blkid_partition_get_start(partition) * 512;
        uint64_t length = (uint64_t)blkid_partition_get_size(partition) * 512;
        if (!layout_has(layout, begin, length))
            return 0;
        same++;
    }
    return same == count_partitions(layout);
}

int signature_same_partitions(const struct medium_source *source, const struct layout *layout)
{
    CLEANUP(probe_free_p) blkid_probe probe = NULL;
    int r = new_probe(source, 0, source->size, &probe);
    if (r < 0)
        return r;
    if (blkid_probe_enable_superblocks(probe, 0) < 0 || blkid_probe_enable_partitions(probe, 1) < 0)
        return -ENOMEM;
    errno = 0;
    blkid_partlist list = blkid_probe_get_partitions(probe);
    if (list)
        return compare(list, layout);
    return errno > 0 ? -errno : count_partitions(layout) == 0;
}
