// SPDX-License-Identifier: GPL-3.0-or-later
// Files: read whole with a limit, written whole or not at all. Everything is relative to a
// directory descriptor.
#pragma once

#include "base/util.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Reads to the end (never trusts st_size: sysfs lies). *ret_data is NUL-terminated after
// `*ret_length` bytes; the caller frees it. −EFBIG if there is more than `max`. ret_length may be
// NULL.
must_check int file_read_at(int dir, const char *path, size_t max, char **ret_data,
                            size_t *ret_length);

// The same from an open descriptor, from where it stands.
must_check int file_read_fd(int fd, size_t max, char **ret_data, size_t *ret_length);

// Reads until `size` bytes are there, or the end: fewer bytes are the last ones.
must_check int file_read_some(int fd, void *ret_data, size_t size, size_t *ret_length);

// As file_read_at(), without the trailing newline: for one-line attributes of /sys and /proc.
must_check int file_read_line_at(int dir, const char *path, size_t max, char **ret_line);

// Atomic replacement: a temporary file beside it, fsync, rename, fsync of the folder. After a power
// cut `name` holds the old content or the new, whole.
must_check int file_replace_at(int dir, const char *name, mode_t mode, const void *data,
                               size_t length);

// One write() to an existing attribute (sysfs): 0 or −errno; a short write is −EIO.
must_check int file_write_at(int dir, const char *path, const char *value);

// fsync of the folder itself, so that a rename or unlink in it is durable.
must_check int file_sync_dir(int dir);

// mkdir (if missing) and open of a folder. `mode` is applied only when it is created.
must_check int file_open_dir_at(int dir, const char *path, mode_t mode, int *ret_fd);

// Opens a folder to go through its entries; "." for `dir` itself. −ENOENT: there is none.
must_check int file_open_entries(int dir, const char *path, DIR **ret);
static inline void closedir_p(DIR **entries)
{
    if (*entries)
        (void)closedir(*entries);
}

// Unlinks the files of a folder that `is_wanted` (NULL: all) says yes to, by their names. One that
// can't be unlinked does not save the rest: the first failure is returned at the end. No folder: 0.
must_check int file_remove_entries(int dir, const char *path,
                                   bool (*is_wanted)(void *context, const char *name),
                                   void *context);

// Writes it all, or −errno.
must_check int file_write_all(int fd, const void *data, size_t length);
