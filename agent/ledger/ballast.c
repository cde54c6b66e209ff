// SPDX-License-Identifier: GPL-3.0-or-later
// The ballast file.
#include "ledger/ballast.h"

#include <errno.h>
#include <fcntl.h>

#define NAME ".ballast"
#define SIZE (4l << 20)

int ballast_restore(int folder)
{
    CLEANUP_CLOSE int fd = openat(folder, NAME, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int r = posix_fallocate(fd, 0, SIZE); // an error number, not errno
    if (r != 0)
        (void)unlinkat(folder, NAME, 0); // half a ballast would take the room that comes back
    return -r;
}

int ballast_release(int folder)
{
    return unlinkat(folder, NAME, 0) == 0;
}
