// SPDX-License-Identifier: GPL-3.0-or-later
// Tells the kinds of partition tables apart, and holds what both must keep to: nothing overlaps,
// nothing leaves the medium.
#include "watch/medium/layout.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>

#define MBR_ENTRIES 446
#define PROTECTIVE 0xEE // the type of the one partition that an MBR shows in front of a GPT

int layout_refuse(struct layout *layout, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(layout->fault, sizeof layout->fault, format, arguments);
    va_end(arguments);
    return 1;
}

int layout_add(struct layout *layout, uint64_t begin, uint64_t length, unsigned partition)
{
    if (layout->n == ELEMENTS(layout->areas))
        return layout_refuse(layout, "the partition table has too many entries");
    layout->areas[layout->n++] = (struct area){begin, begin + length, partition, false};
    return 0;
}

static int by_begin(const void *left, const void *right)
{
    const struct area *a = left, *b = right;
    return (a->begin > b->begin) - (a->begin < b->begin);
}

static int refuse_overlap(struct layout *layout, const struct area *a, const struct area *b)
{
    if (a->partition > 0 && b->partition > 0)
        return layout_refuse(layout, "partitions %u and %u overlap", a->partition, b->partition);
    return layout_refuse(layout, "partition %u overlaps the partition table",
                         a->partition > 0 ? a->partition : b->partition);
}

static int check_areas(const struct medium_source *source, struct layout *layout)
{
    qsort(layout->areas, layout->n, sizeof layout->areas[0], by_begin);
    for (size_t i = 0; i < layout->n; i++) {
        const struct area *a = &layout->areas[i];
        if (a->end <= a->begin || a->end > source->size)
            return layout_refuse(layout, "partition %u reaches beyond the end of the medium",
                                 a->partition);
        if (i > 0 && a->begin < a[-1].end)
            return refuse_overlap(layout, &a[-1], a);
    }
    return 0;
}

static bool is_protective(const uint8_t sector[512])
{
    for (size_t i = 0; i < 4; i++)
        if (sector[MBR_ENTRIES + 16 * i + 4] == PROTECTIVE)
            return true;
    return false;
}

int layout_read(const struct medium_source *source, struct layout *ret)
{
    uint8_t sector[512];
    ret->kind = LAYOUT_NONE;
    ret->n = 0;
    ret->fault[0] = '\0';
    if (source->size < sizeof sector)
        return 0;
    int r = source_read(source, 0, sector, sizeof sector);
    if (r < 0)
        return r;
    if (sector[510] != 0x55 || sector[511] != 0xAA)
        return 0;

    r = is_protective(sector) ? layout_read_gpt(source, sector, ret)
                              : layout_read_mbr(source, sector, ret);
    return r == 0 ? check_areas(source, ret) : r;
}
