// SPDX-License-Identifier: GPL-3.0-or-later
// What is being examined: a block device or an image of one, read by offset and never written.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

struct medium_source {
    int fd;                          // borrowed, open for reading
    uint64_t size;                   // bytes
    uint32_t sector;                 // logical sector, the unit of partition tables: 512, 4096
    void (*progress)(void *context); // called after each piece that was read; may be NULL
    void *context;
};

// Exactly `length` bytes; −EIO if the medium ends before, or whatever the kernel answers.
must_check int source_read(const struct medium_source *source, uint64_t offset, void *ret,
                           size_t length);

// Reads [begin, end) to the end or to the first byte that is not zero. 1: found, *ret_offset is
// where; 0: all zero; −errno.
must_check int source_find_byte(const struct medium_source *source, uint64_t begin, uint64_t end,
                                uint64_t *ret_offset);

// Are these bytes all zero?
bool bytes_are_zero(const void *data, size_t length);
