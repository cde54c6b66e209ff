// SPDX-License-Identifier: GPL-3.0-or-later
// Reads an MBR and the chain of its extended partition, strictly.
#include "watch/medium/bytes.h"
#include "watch/medium/layout.h"

#include <string.h>

#define ENTRIES 446     // offset of the four entries in a table's sector
#define LOGICAL_MAX 128 // more than any system makes; the kernel reads 256 partitions

struct entry {
    uint8_t flag, type;
    uint64_t begin, length; // bytes; begin is relative to what the entry's place says
};

static struct entry read_entry(const struct medium_source *source, const uint8_t *table, size_t i)
{
    const uint8_t *at = table + ENTRIES + 16 * i;
    return (struct entry){
        .flag = at[0],
        .type = at[4],
        .begin = (uint64_t)le32(at + 8) * source->sector,
        .length = (uint64_t)le32(at + 12) * source->sector,
    };
}

static bool is_extended(const struct entry *entry)
{
    return entry->type == 0x05 || entry->type == 0x0F || entry->type == 0x85;
}

// Types in which the kernel looks for one more table (block/partitions/msdos.c): UnixWare, Minix,
// Solaris, the BSDs. What it finds there are disks that no layout here knows of.
static bool is_nested(const struct entry *entry)
{
    static const uint8_t types[] = {0x63, 0x81, 0x82, 0xA5, 0xA6, 0xA9, 0xBF};
    return memchr(types, entry->type, sizeof types) != NULL;
}

// An entry either names a partition by all its parts, or is not there at all.
static bool is_absent(const struct entry *entry)
{
    return entry->flag == 0 && entry->type == 0 && entry->begin == 0 && entry->length == 0;
}

static bool is_sane(const struct entry *entry)
{
    return (entry->flag == 0 || entry->flag == 0x80) && entry->type != 0 && entry->begin > 0 &&
           entry->length > 0;
}

static bool is_inside(uint64_t begin, uint64_t length, const struct area *container)
{
    return begin >= container->begin && begin < container->end && length <= container->end - begin;
}

// The two entries of one link of the chain: a logical partition, and where the next link is.
// 1 with a fault; *ret_next is 0 at the chain's end.
static int read_link(const struct medium_source *source, struct layout *layout,
                     const struct area *container, uint64_t at, unsigned number, uint64_t *ret_next)
{
    uint8_t table[512];
    int r = source_read(source, at, table, sizeof table);
    if (r < 0)
        return r;
    *ret_next = 0;
    if (bytes_are_zero(table, sizeof table)) // an extended partition that was never filled
        return 0;
    if (table[510] != 0x55 || table[511] != 0xAA || !bytes_are_zero(table, ENTRIES) ||
        !bytes_are_zero(table + ENTRIES + 32, 32))
        return layout_refuse(layout, "the extended partition's table at byte %llu is damaged",
                             (unsigned long long)at);
    r = layout_add(layout, at, sizeof table, 0);
    if (r != 0)
        return r;

    struct entry logical = read_entry(source, table, 0), next = read_entry(source, table, 1);
    if (!is_absent(&logical)) {
        uint64_t begin = at + logical.begin;
        if (!is_sane(&logical) || is_extended(&logical) ||
            !is_inside(begin, logical.length, container))
            return layout_refuse(layout, "partition %u leaves its extended partition", number);
        r = layout_add(layout, begin, logical.length, number);
        if (r != 0)
            return r;
    }
    if (is_absent(&next))
        return 0;
    if (!is_sane(&next) || !is_extended(&next) ||
        !is_inside(container->begin + next.begin, sizeof table, container))
        return layout_refuse(layout, "the chain of logical partitions leaves its partition");
    *ret_next = container->begin + next.begin;
    return 0;
}

// A chain that comes back to itself overlaps itself: layout_read() finds that; the count ends it.
static int read_chain(const struct medium_source *source, struct layout *layout,
                      const struct area *container)
{
    uint64_t at = container->begin;
    for (unsigned number = 5; at != 0; number++) {
        if (number >= 5 + LOGICAL_MAX)
            return layout_refuse(layout, "the chain of logical partitions has no end");
        uint64_t next = 0;
        int r = read_link(source, layout, container, at, number, &next);
        if (r != 0)
            return r;
        at = next;
    }
    return 0;
}

// No primary partition may stand where the extended one does: its own tables are read from there.
static int check_container(struct layout *layout, const struct medium_source *source,
                           const struct area *container)
{
    if (container->end > source->size)
        return layout_refuse(layout, "partition %u reaches beyond the end of the medium",
                             container->partition);
    for (size_t i = 0; i < layout->n; i++)
        if (layout->areas[i].begin < container->end && container->begin < layout->areas[i].end)
            return layout_refuse(layout, "partitions %u and %u overlap", layout->areas[i].partition,
                                 container->partition);
    return 0;
}

// The first 440 bytes may hold boot code, then come 6 bytes of disk signature: partitioning tools
// write both into new tables, so that asking for zeros would refuse honest sticks. They are of no
// use to an operator, who reads and writes nothing on such a medium but what is decrypted.
int layout_read_mbr(const struct medium_source *source, const uint8_t sector[512],
                    struct layout *layout)
{
    struct area container = {0};
    layout->kind = LAYOUT_MBR;
    int r = layout_add(layout, 0, 512, 0);
    for (unsigned i = 0; r == 0 && i < 4; i++) {
        struct entry entry = read_entry(source, sector, i);
        if (is_absent(&entry))
            continue;
        if (!is_sane(&entry))
            return layout_refuse(layout, "entry %u of the partition table makes no sense", i + 1);
        if (is_nested(&entry))
            return layout_refuse(layout,
                                 "partition %u is of a type (%02x) that holds a table itself",
                                 i + 1, entry.type);
        if (!is_extended(&entry))
            r = layout_add(layout, entry.begin, entry.length, i + 1);
        else if (container.partition > 0)
            return layout_refuse(layout, "there are two extended partitions");
        else
            container = (struct area){entry.begin, entry.begin + entry.length, i + 1, false};
    }
    if (r != 0 || container.partition == 0)
        return r;
    r = check_container(layout, source, &container);
    return r != 0 ? r : read_chain(source, layout, &container);
}
