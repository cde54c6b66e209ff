// SPDX-License-Identifier: GPL-3.0-or-later
// An open-file-description lock: bound to the descriptor, not to the process, so that opening the
// file a second time and closing it loses nothing.
#include "base/alive.h"

#include <errno.h>
#include <fcntl.h>

int alive_hold(int run, int *ret_fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CLEANUP_CLOSE int fd =
        openat(run, "alive", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return -errno;
    if (fcntl(fd, F_OFD_SETLK, &whole) < 0)
        return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int alive_is_held(int run)
{
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    CLEANUP_CLOSE int fd = openat(run, "alive", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    // Asking needs no write access. A read lock stands in nobody's way but a writer's, so only the
    // daemon's own lock is reported.
    if (fcntl(fd, F_OFD_GETLK, &whole) < 0)
        return -errno;
    return whole.l_type == F_WRLCK;
}
