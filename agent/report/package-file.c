// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a file once, from its beginning to its end.
#include "report/package-file.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define CHUNK (256u << 10)

static int hash_descriptor(int fd, struct digest *digest, uint64_t *ret_size)
{
    CLEANUP_FREE char *chunk = malloc(CHUNK);
    if (!chunk)
        return -ENOMEM;
    uint64_t size = 0;
    size_t n;
    int r;
    while ((r = file_read_some(fd, chunk, CHUNK, &n)) == 0 && n > 0) {
        digest_add(digest, chunk, n);
        size += n;
    }
    if (r < 0)
        return r;
    *ret_size = size;
    return 0;
}

static int open_regular(int folder, const char *name, int *ret_fd)
{
    // Without blocking: somebody may have put a pipe there.
    CLEANUP_CLOSE int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (fd < 0)
        return errno == ELOOP ? -EINVAL : -errno;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int package_file_hash(int folder, const char *name, uint64_t *ret_size,
                      uint8_t ret_sha256[DIGEST_SIZE])
{
    CLEANUP_CLOSE int fd = -1;
    int r = open_regular(folder, name, &fd);
    if (r < 0)
        return r;
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    r = digest_new(&digest);
    if (r == 0)
        r = hash_descriptor(fd, digest, ret_size);
    if (r == 0)
        digest_end(digest, ret_sha256);
    return r;
}

int package_file_read(int folder, const char *name, size_t max, char **ret_data, size_t *ret_length)
{
    CLEANUP_CLOSE int fd = -1;
    int r = open_regular(folder, name, &fd);
    return r < 0 ? r : file_read_fd(fd, max, ret_data, ret_length);
}
