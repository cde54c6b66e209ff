// SPDX-License-Identifier: GPL-3.0-or-later
// The mark of a locked screen.
#include "fact/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MARK "locked"

int screen_set_locked(int run, bool locked)
{
    if (!locked)
        return unlinkat(run, MARK, 0) < 0 && errno != ENOENT ? -errno : 0;
    CLEANUP_CLOSE int fd =
        openat(run, MARK, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    return fd < 0 ? -errno : 0;
}

bool screen_is_locked(int run)
{
    return faccessat(run, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
