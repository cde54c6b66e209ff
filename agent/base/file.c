// SPDX-License-Identifier: GPL-3.0-or-later
// Whole reads with a limit and atomic writes.
#include "base/file.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

int file_read_fd(int fd, size_t max, char **ret_data, size_t *ret_length)
{
    size_t size = max < 4096 ? max + 2 : 4096, length = 0;
    CLEANUP_FREE char *data = malloc(size);
    if (!data)
        return -ENOMEM;

    for (;;) {
        ssize_t n = read(fd, data + length, size - 1 - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        length += (size_t)n;
        if (length > max)
            return -EFBIG;
        if (length == size - 1) {
            char *more = realloc(data, size *= 2);
            if (!more)
                return -ENOMEM;
            data = more;
        }
    }
    data[length] = '\0';
    *ret_data = TAKE_PTR(data);
    if (ret_length)
        *ret_length = length;
    return 0;
}

int file_read_some(int fd, void *ret_data, size_t size, size_t *ret_length)
{
    char *data = ret_data;
    size_t length = 0;
    while (length < size) {
        ssize_t n = read(fd, data + length, size - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        length += (size_t)n;
    }
    *ret_length = length;
    return 0;
}

int file_read_at(int dir, const char *path, size_t max, char **ret_data, size_t *ret_length)
{
    CLEANUP_CLOSE int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    return file_read_fd(fd, max, ret_data, ret_length);
}

int file_read_line_at(int dir, const char *path, size_t max, char **ret_line)
{
    char *line = NULL;
    int r = file_read_at(dir, path, max, &line, NULL);
    if (r < 0)
        return r;
    line[strcspn(line, "\n")] = '\0';
    *ret_line = line;
    return 0;
}

int file_write_all(int fd, const void *data, size_t length)
{
    const char *p = data;
    while (length > 0) {
        ssize_t n = write(fd, p, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        p += n;
        length -= (size_t)n;
    }
    return 0;
}

int file_sync_dir(int dir)
{
    return fsync(dir) < 0 ? -errno : 0;
}

// The folder that holds `name`, opened: its own descriptor, so that the rename can be made durable.
static int open_parent(int dir, const char *name, int *ret_fd)
{
    CLEANUP_FREE char *parent = strndup(name, (size_t)(text_basename(name) - name));
    if (!parent)
        return -ENOMEM;
    int fd = openat(dir, parent[0] ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

static int write_durably(int dir, const char *name, mode_t mode, const void *data, size_t length)
{
    CLEANUP_CLOSE int fd =
        openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int r = file_write_all(fd, data, length);
    if (r < 0)
        return r;
    if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
        return -errno;
    return 0;
}

int file_replace_at(int dir, const char *name, mode_t mode, const void *data, size_t length)
{
    CLEANUP_CLOSE int parent = -1;
    int r = open_parent(dir, name, &parent);
    if (r < 0)
        return r;

    const char *base = text_basename(name);
    CLEANUP_FREE char *temporary = text_format(".%s.%d.new", base, (int)getpid());
    if (!temporary)
        return -ENOMEM;
    (void)unlinkat(parent, temporary, 0); // left by a crash of an earlier process with this number
    r = write_durably(parent, temporary, mode, data, length);
    if (r == 0 && renameat(parent, temporary, parent, base) < 0)
        r = -errno;
    if (r < 0) {
        (void)unlinkat(parent, temporary, 0);
        return r;
    }
    return file_sync_dir(parent);
}

int file_write_at(int dir, const char *path, const char *value)
{
    CLEANUP_CLOSE int fd = openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    size_t length = strlen(value);
    ssize_t n = write(fd, value, length);
    if (n < 0)
        return -errno;
    return (size_t)n == length ? 0 : -EIO;
}

int file_open_dir_at(int dir, const char *path, mode_t mode, int *ret_fd)
{
    if (mkdirat(dir, path, mode) < 0 && errno != EEXIST)
        return -errno;
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

int file_open_entries(int dir, const char *path, DIR **ret)
{
    CLEANUP_CLOSE int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries)
        return -errno;
    (void)TAKE_FD(fd);
    *ret = entries;
    return 0;
}

int file_remove_entries(int dir, const char *path,
                        bool (*is_wanted)(void *context, const char *name), void *context)
{
    CLEANUP(closedir_p) DIR *entries = NULL;
    int r = file_open_entries(dir, path, &entries), first = 0;
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(entries);
        if (!entry)
            return first < 0 ? first : -errno;
        if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
            continue;
        if (is_wanted && !is_wanted(context, entry->d_name))
            continue;
        if (unlinkat(dirfd(entries), entry->d_name, 0) < 0 && errno != ENOENT && first == 0)
            first = -errno;
    }
}
