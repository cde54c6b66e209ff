// SPDX-License-Identifier: GPL-3.0-or-later
// The partition table of a medium, believed only if it can be read in one way: MBR with extended
// partitions (no specification; as Linux block/partitions/msdos.c reads it) or GPT (UEFI 2.10,
// chapter 5).
#pragma once

#include "watch/medium/source.h"

#define LAYOUT_AREAS_MAX 1400 // a full GPT of 1024 entries, or an MBR with its longest chain
#define LAYOUT_FAULT_MAX 160

enum layout_kind {
    LAYOUT_NONE, // no table at all
    LAYOUT_MBR,
    LAYOUT_GPT,
    LAYOUT_MAX,
};

// Bytes that the table itself or one partition claims.
struct area {
    uint64_t begin, end;
    unsigned partition; // as Linux numbers it, from 1; 0: the table's own bytes
    bool opaque;        // set by who looks into it: LUKS, not to be read any further
};

struct layout {
    enum layout_kind kind;
    struct area areas[LAYOUT_AREAS_MAX]; // by begin; none overlaps another, none leaves the medium
    size_t n;
    char fault[LAYOUT_FAULT_MAX]; // after 1: why the table is not believed
};

// 0; 1: there is a table, but it lies, and `ret->fault` says how; −errno. Fills *ret in any case.
must_check int layout_read(const struct medium_source *source, struct layout *ret);

// For the readers of the two kinds: both return 1 after having said what is wrong.
must_check int layout_refuse(struct layout *layout, const char *format, ...) printf_like(2, 3);
must_check int layout_add(struct layout *layout, uint64_t begin, uint64_t length,
                          unsigned partition);
must_check int layout_read_mbr(const struct medium_source *source, const uint8_t sector[512],
                               struct layout *layout);
must_check int layout_read_gpt(const struct medium_source *source, const uint8_t sector[512],
                               struct layout *layout);
