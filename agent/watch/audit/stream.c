// SPDX-License-Identifier: GPL-3.0-or-later
// Segments of files, laid end to end.
#include "watch/audit/stream.h"

#include "watch/audit/reader.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define SAMPLE_SIZE 256 // bytes that a place remembers of its file
#define BLOCK_SIZE 65536

// Without a newline before: half a line that stands at the end of a file is none with this behind
// it.
static const char cut[] = READER_CUT "\n";
static const char in_doubt[] = READER_DOUBT "\n";

// ---- Segments ----------------------------------------------------------------------------------

static void forget_first(struct stream *stream, size_t n)
{
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++)
        close_p(&stream->items[i].fd);
    memmove(stream->items, stream->items + n, (stream->n - n) * sizeof *stream->items);
    stream->n -= n;
}

void stream_close(struct stream *stream)
{
    forget_first(stream, stream->n);
    free(stream->items);
    *stream = (struct stream){0};
}

static int add_segment(struct stream *stream, const struct log_files *files, size_t file,
                       uint64_t offset)
{
    CLEANUP_CLOSE int fd = -1;
    int r = log_files_open_file(files, file, &fd);
    if (r < 0)
        return r;
    struct segment *grown = reallocarray(stream->items, stream->n + 1, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    stream->items = grown;
    stream->items[stream->n++] = (struct segment){
        .begin = stream->length,
        .device = files->items[file].device,
        .inode = files->items[file].inode,
        .file_begin = offset,
        .file_end = offset,
        .fd = TAKE_FD(fd),
    };
    return 0;
}

int stream_begin(struct stream *stream, const struct log_files *files, size_t file, uint64_t offset)
{
    stream_close(stream);
    return add_segment(stream, files, file, offset);
}

// ---- Reading -----------------------------------------------------------------------------------

static struct segment *last_of(struct stream *stream)
{
    return &stream->items[stream->n - 1];
}

static int read_inserted(struct stream *stream, char *data, size_t max, size_t *ret_length)
{
    size_t length = strlen(stream->insert);
    if (length > max)
        length = max;
    memcpy(data, stream->insert, length);
    stream->insert = stream->insert[length] ? stream->insert + length : NULL;
    stream->length += length;
    *ret_length = length;
    return 0;
}

static bool was_cut_short(const struct segment *segment)
{
    struct stat st;
    return fstat(segment->fd, &st) == 0 && (uint64_t)st.st_size < segment->file_end;
}

// What is inserted belongs to the segment before the one that this adds.
static int add_behind(struct stream *stream, const struct log_files *files, const char *inserted,
                      size_t file)
{
    size_t length = strlen(inserted);
    stream->length += length;
    int r = add_segment(stream, files, file, 0);
    stream->length -= length;
    if (r < 0)
        return r;
    stream->insert = inserted;
    return 1;
}

// At the end of the last segment's file: goes on to what follows it. 1: there is more to read.
static int go_on(struct stream *stream, const struct log_files *files)
{
    const struct segment *last = last_of(stream);
    size_t file;
    if (log_files_find(files, last->device, last->inode, &file) < 0)
        return 0;
    if (was_cut_short(last))
        return add_behind(stream, files, cut, file);
    if (file + 1 >= files->n)
        return 0;
    // auditd renames; somebody else removed it.
    bool is_gone = !log_files_is_named(files, file) && file + 2 == files->n;
    return add_behind(stream, files, is_gone ? cut : in_doubt, file + 1);
}

int stream_read(struct stream *stream, const struct log_files *files, void *ret_data, size_t max,
                size_t *ret_length)
{
    *ret_length = 0;
    for (;;) {
        if (stream->insert)
            return read_inserted(stream, ret_data, max, ret_length);
        struct segment *last = last_of(stream);
        ssize_t n = pread(last->fd, ret_data, max, (off_t)last->file_end);
        if (n < 0)
            return -errno;
        if (n > 0) {
            last->file_end += (uint64_t)n;
            stream->length += (uint64_t)n;
            *ret_length = (size_t)n;
            return 0;
        }
        int r = go_on(stream, files);
        if (r <= 0)
            return r;
    }
}

// ---- Places ------------------------------------------------------------------------------------

static int hash_of(int fd, uint64_t begin, uint64_t end, uint8_t ret[DIGEST_SIZE])
{
    char sample[SAMPLE_SIZE];
    size_t length = end - begin < SAMPLE_SIZE ? (size_t)(end - begin) : SAMPLE_SIZE;
    ssize_t n = pread(fd, sample, length, (off_t)begin);
    if (n < 0)
        return -errno;
    if ((size_t)n != length)
        return -ENODATA;
    digest_of(sample, length, ret);
    return 0;
}

static int hash_place(int fd, struct audit_place *place)
{
    uint64_t offset = place->offset;
    int r = hash_of(fd, 0, offset, place->head);
    if (r == 0)
        r = hash_of(fd, offset < SAMPLE_SIZE ? 0 : offset - SAMPLE_SIZE, offset, place->tail);
    return r;
}

int stream_locate(struct stream *stream, struct audit_place *place)
{
    size_t i = 0;
    while (i + 1 < stream->n && stream->items[i + 1].begin <= place->offset)
        i++;
    const struct segment *segment = &stream->items[i];
    if (place->offset < segment->begin || place->offset > stream->length)
        return -EBADMSG;
    struct audit_place located = *place;
    located.device = segment->device;
    located.inode = segment->inode;
    located.offset = segment->file_begin + (place->offset - segment->begin);
    if (located.offset > segment->file_end)
        located.offset = segment->file_end; // within what was inserted
    int r = hash_place(segment->fd, &located);
    if (r == -ENODATA) // cut short since: whoever goes on from here finds that out
        r = 0;
    if (r < 0)
        return r;
    forget_first(stream, i);
    *place = located;
    return 0;
}

int stream_find(const struct log_files *files, const struct audit_place *place, size_t *ret_file)
{
    for (size_t i = 0; i < files->n; i++) {
        CLEANUP_CLOSE int fd = -1;
        struct audit_place found = *place;
        // The device may have another number after a boot.
        if (files->items[i].inode != place->inode || log_files_open_file(files, i, &fd) < 0 ||
            hash_place(fd, &found) < 0 || memcmp(found.head, place->head, DIGEST_SIZE) != 0 ||
            memcmp(found.tail, place->tail, DIGEST_SIZE) != 0)
            continue;
        *ret_file = i;
        return 0;
    }
    return -ENOENT;
}

int stream_find_end(const struct log_files *files, size_t file, uint64_t *ret_offset)
{
    static char block[BLOCK_SIZE];
    CLEANUP_CLOSE int fd = -1;
    struct stat st;
    int r = log_files_open_file(files, file, &fd);
    if (r < 0)
        return r;
    if (fstat(fd, &st) < 0)
        return -errno;
    uint64_t begin = st.st_size > BLOCK_SIZE ? (uint64_t)st.st_size - BLOCK_SIZE : 0;
    ssize_t n = pread(fd, block, sizeof block, (off_t)begin);
    if (n < 0)
        return -errno;
    const char *newline = memrchr(block, '\n', (size_t)n);
    *ret_offset = newline ? begin + (uint64_t)(newline - block) + 1 : begin;
    return 0;
}

int stream_skip_line(const struct log_files *files, size_t file, uint64_t offset,
                     uint64_t *ret_offset)
{
    static char block[BLOCK_SIZE];
    CLEANUP_CLOSE int fd = -1;
    int r = log_files_open_file(files, file, &fd);
    if (r < 0)
        return r;
    ssize_t n = pread(fd, block, sizeof block, (off_t)offset);
    if (n < 0)
        return -errno;
    const char *newline = n > 0 ? memchr(block, '\n', (size_t)n) : NULL;
    *ret_offset = offset + (newline ? (size_t)(newline - block) + 1 : (size_t)n);
    return 0;
}
