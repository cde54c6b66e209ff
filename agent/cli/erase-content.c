// SPDX-License-Identifier: GPL-3.0-or-later
// Random content over the old, and the proof that the device gives it back.
#include "cli/erase-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>

#define BLOCK ((size_t)1 << 20)
#define ALIGNMENT 4096

struct pass {
    int fd;
    uint64_t size; // of the file
    unsigned char seed[randombytes_SEEDBYTES];
    unsigned char *content, *read; // of one block
};

static void pass_clear(struct pass *pass)
{
    free(pass->content);
    free(pass->read);
}

// The content of the piece at `at` again: a stream of its own for each.
static void make_content(const struct pass *pass, uint64_t at, size_t length)
{
    unsigned char seed[randombytes_SEEDBYTES];
    memcpy(seed, pass->seed, sizeof seed);
    for (size_t i = 0; i < sizeof at; i++)
        seed[i] ^= (unsigned char)(at >> (8 * i));
    randombytes_buf_deterministic(pass->content, length, seed);
}

static int write_piece(const struct pass *pass, uint64_t at, size_t length)
{
    make_content(pass, at, length);
    for (size_t done = 0; done < length;) {
        ssize_t n = pwrite(pass->fd, pass->content + done, length - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}

// Past the cache a read takes whole blocks, of which the last is cut where the file ends.
static int check_piece(const struct pass *pass, uint64_t at, size_t length)
{
    size_t whole = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, done = 0;
    ssize_t n = 1;
    while (done < length && n > 0) {
        n = pread(pass->fd, pass->read + done, whole - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n < 0)
            return -errno;
        else
            done += (size_t)n;
    }
    make_content(pass, at, length);
    return done >= length && memcmp(pass->read, pass->content, length) == 0 ? 0 : -EIO;
}

// The next range behind *at; at the end it is empty. A device has no holes.
static int find_content(const struct pass *pass, uint64_t *at, uint64_t *ret_end)
{
    off_t data = lseek(pass->fd, (off_t)*at, SEEK_DATA);
    *ret_end = pass->size;
    if (data < 0 && errno == EINVAL)
        return 0;
    if (data < 0 && errno == ENXIO) {
        *at = pass->size;
        return 0;
    }
    off_t hole = data < 0 ? data : lseek(pass->fd, data, SEEK_HOLE);
    if (hole < 0)
        return -errno;
    *at = (uint64_t)data;
    if ((uint64_t)hole < pass->size)
        *ret_end = (uint64_t)hole;
    return 0;
}

// Every piece that has content in it: what is a hole stays one, or a full disk would be in the way.
static int go_through(const struct pass *pass,
                      int (*act)(const struct pass *pass, uint64_t at, size_t length))
{
    int r = 0;
    for (uint64_t at = 0; r == 0 && at < pass->size;) {
        uint64_t end;
        r = find_content(pass, &at, &end);
        while (r == 0 && at < end) {
            size_t length = end - at < BLOCK ? (size_t)(end - at) : BLOCK;
            r = act(pass, at, length);
            at += length;
        }
    }
    return r;
}

static int begin(int fd, uint64_t size, struct pass *ret)
{
    ret->fd = fd;
    ret->size = size;
    if (sodium_init() < 0)
        return -EIO;
    randombytes_buf(ret->seed, sizeof ret->seed);
    ret->content = malloc(BLOCK);
    ret->read = aligned_alloc(ALIGNMENT, BLOCK);
    return ret->content && ret->read ? 0 : -ENOMEM;
}

// From the device and not from memory, where the file system can do that.
static void read_past_cache(int fd, bool past)
{
    int flags = fcntl(fd, F_GETFL);
    if (past)
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    if (flags >= 0) // without it, what was dropped from the cache is read anew
        (void)fcntl(fd, F_SETFL, past ? flags | O_DIRECT : flags & ~O_DIRECT);
}

int erase_content(int fd, uint64_t size)
{
    CLEANUP(pass_clear) struct pass pass = {0};
    int r = begin(fd, size, &pass);
    if (r == 0)
        r = go_through(&pass, write_piece);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (r < 0)
        return r;
    read_past_cache(fd, true);
    r = go_through(&pass, check_piece);
    read_past_cache(fd, false);
    return r;
}
