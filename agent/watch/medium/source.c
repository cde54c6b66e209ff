// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a medium in pieces, and looks for the first byte that is not zero.
#include "watch/medium/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/types.h>

#define PIECE (1u << 20) // large enough for full speed, small enough for a steady progress

bool bytes_are_zero(const void *data, size_t length)
{
    const uint8_t *bytes = data;
    return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

int source_read(const struct medium_source *source, uint64_t offset, void *ret, size_t length)
{
    uint8_t *to = ret;
    if (offset > INT64_MAX - length)
        return -EINVAL;
    while (length > 0) {
        ssize_t n = pread(source->fd, to, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -EIO;
        to += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    if (source->progress)
        source->progress(source->context);
    return 0;
}

// A whole stick would push everything useful out of the page cache.
static void forget_pages(const struct medium_source *source, uint64_t offset, size_t length)
{
    (void)posix_fadvise(source->fd, (off_t)offset, (off_t)length, POSIX_FADV_DONTNEED);
}

static uint64_t first_byte(const uint8_t *piece, size_t length)
{
    size_t i = 0;
    while (i < length && piece[i] == 0)
        i++;
    return i;
}

int source_find_byte(const struct medium_source *source, uint64_t begin, uint64_t end,
                     uint64_t *ret_offset)
{
    CLEANUP_FREE uint8_t *piece = malloc(PIECE);
    if (!piece)
        return -ENOMEM;
    for (uint64_t at = begin; at < end;) {
        size_t length = end - at < PIECE ? (size_t)(end - at) : PIECE;
        int r = source_read(source, at, piece, length);
        if (r < 0)
            return r;
        if (!bytes_are_zero(piece, length)) {
            *ret_offset = at + first_byte(piece, length);
            return 1;
        }
        forget_pages(source, at, length);
        at += length;
    }
    return 0;
}
