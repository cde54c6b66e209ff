// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a GPT: both headers and both arrays of entries must be whole and say the same.
#include "watch/medium/bytes.h"
#include "watch/medium/layout.h"

#include <errno.h>
#include <string.h>

#define MBR_ENTRIES 446
#define HEADER_SIZE 92
#define ENTRIES_MAX 1024
#define ENTRY_SIZE_MAX 1024

struct header {
    uint32_t size, crc;
    uint64_t own, other;  // where it stands, and where its twin does: in sectors, as all below
    uint64_t first, last; // usable for partitions
    uint8_t disk[16];
    uint64_t entries;
    uint32_t n_entries, entry_size, entries_crc;
};

// CRC-32 as in IEEE 802.3, by the bit: a GPT has some 16 KiB.
static uint32_t crc32(const uint8_t *data, size_t length)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < length; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? UINT32_C(0xEDB88320) : 0);
    }
    return ~crc;
}

static void parse_header(const uint8_t *at, struct header *ret)
{
    *ret = (struct header){
        .size = le32(at + 12),
        .crc = le32(at + 16),
        .own = le64(at + 24),
        .other = le64(at + 32),
        .first = le64(at + 40),
        .last = le64(at + 48),
        .entries = le64(at + 72),
        .n_entries = le32(at + 80),
        .entry_size = le32(at + 84),
        .entries_crc = le32(at + 88),
    };
    memcpy(ret->disk, at + 56, sizeof ret->disk);
}

static bool is_whole(uint8_t *at, uint32_t sector, const struct header *header)
{
    if (memcmp(at, "EFI PART", 8) != 0 || header->size < HEADER_SIZE || header->size > sector)
        return false;
    memset(at + 16, 0, 4); // its own checksum counts as zero
    return crc32(at, header->size) == header->crc;
}

static bool is_sane(const struct header *header, uint64_t sectors)
{
    return header->n_entries <= ENTRIES_MAX && header->entry_size >= 128 &&
           header->entry_size <= ENTRY_SIZE_MAX && header->entry_size % 128 == 0 &&
           header->entries < sectors && header->first <= header->last && header->last < sectors;
}

// Reads the header in sector `at`; 1 with a fault.
static int read_header(const struct medium_source *source, struct layout *layout, uint64_t at,
                       struct header *ret)
{
    CLEANUP_FREE uint8_t *sector = malloc(source->sector);
    if (!sector)
        return -ENOMEM;
    int r = source_read(source, at * source->sector, sector, source->sector);
    if (r < 0)
        return r;
    parse_header(sector, ret);
    if (!is_whole(sector, source->sector, ret) || ret->own != at)
        return layout_refuse(layout, "the GPT header in sector %llu is damaged or missing",
                             (unsigned long long)at);
    if (!is_sane(ret, source->size / source->sector))
        return layout_refuse(layout, "the GPT header in sector %llu makes no sense",
                             (unsigned long long)at);
    return layout_add(layout, at * source->sector, ret->size, 0);
}

static int read_entries(const struct medium_source *source, struct layout *layout,
                        const struct header *header, uint8_t **ret)
{
    size_t length = (size_t)header->n_entries * header->entry_size;
    CLEANUP_FREE uint8_t *entries = malloc(length + 1); // never of no bytes at all
    if (!entries)
        return -ENOMEM;
    uint64_t begin = header->entries * source->sector;
    if (length > source->size - begin)
        return layout_refuse(layout, "the GPT reaches beyond the end of the medium");
    int r = source_read(source, begin, entries, length);
    if (r < 0)
        return r;
    if (crc32(entries, length) != header->entries_crc)
        return layout_refuse(layout, "the GPT at byte %llu has a wrong checksum",
                             (unsigned long long)begin);
    r = length > 0 ? layout_add(layout, begin, length, 0) : 0;
    if (r == 0)
        *ret = TAKE_PTR(entries);
    return r;
}

static bool are_twins(const struct header *a, const struct header *b)
{
    return a->own == b->other && a->other == b->own && a->first == b->first && a->last == b->last &&
           memcmp(a->disk, b->disk, sizeof a->disk) == 0 && a->n_entries == b->n_entries &&
           a->entry_size == b->entry_size;
}

static int add_partitions(const struct medium_source *source, struct layout *layout,
                          const struct header *header, const uint8_t *entries)
{
    for (unsigned i = 0; i < header->n_entries; i++) {
        const uint8_t *entry = entries + (size_t)i * header->entry_size;
        if (bytes_are_zero(entry, 16)) // no type: not in use
            continue;
        uint64_t first = le64(entry + 32), last = le64(entry + 40);
        if (first > last || first < header->first || last > header->last)
            return layout_refuse(layout, "partition %u leaves the area for partitions", i + 1);
        int r =
            layout_add(layout, first * source->sector, (last - first + 1) * source->sector, i + 1);
        if (r != 0)
            return r;
    }
    return 0;
}

// A hybrid table shows other partitions to systems that do not know GPT.
static bool is_purely_protective(const uint8_t sector[512])
{
    const uint8_t *first = sector + MBR_ENTRIES;
    return first[4] == 0xEE && le32(first + 8) == 1 && bytes_are_zero(first + 16, 48);
}

int layout_read_gpt(const struct medium_source *source, const uint8_t sector[512],
                    struct layout *layout)
{
    struct header header, twin;
    CLEANUP_FREE uint8_t *entries = NULL, *mirror = NULL;
    layout->kind = LAYOUT_GPT;
    if (!is_purely_protective(sector))
        return layout_refuse(layout, "the medium has two partition tables (hybrid MBR)");
    uint64_t sectors = source->size / source->sector;
    if (sectors < 6)
        return layout_refuse(layout, "the medium is too small for its partition table");

    int r = layout_add(layout, 0, 512, 0);
    if (r == 0)
        r = read_header(source, layout, 1, &header);
    if (r == 0)
        r = read_header(source, layout, sectors - 1, &twin);
    if (r == 0 && !are_twins(&header, &twin))
        r = layout_refuse(layout, "the GPT and its copy at the end differ");
    if (r == 0)
        r = read_entries(source, layout, &header, &entries);
    if (r == 0)
        r = read_entries(source, layout, &twin, &mirror);
    if (r != 0)
        return r;
    if (memcmp(entries, mirror, (size_t)header.n_entries * header.entry_size) != 0)
        return layout_refuse(layout, "the GPT and its copy at the end differ");
    return add_partitions(source, layout, &header, entries);
}
