// SPDX-License-Identifier: GPL-3.0-or-later
// What is mounted from USB: read from mountinfo (proc(5)), and compared with what was known.
#pragma once

#include "fact/medium.h"

#include <stddef.h>

struct mounted {
    uint64_t id; // of the mount, in its namespace
    struct mount *mount;
};

// Only what stands on a USB disk.
struct mounts {
    struct mounted *items;
    size_t n;
};
void mounts_clear(struct mounts *mounts);
// The one with this id and point, or NULL.
const struct mounted *mounts_find(const struct mounts *mounts, const struct mounted *like);

// `sys`, `dev`: descriptors of those folders, to learn what each mount stands on. −EBADMSG for a
// text that the kernel would not have written.
must_check int mounts_parse(int sys, int dev, char *mountinfo, struct mounts *ret);
must_check int mounts_read(int sys, int proc, int dev, struct mounts *ret);

must_check int mount_copy(const struct mount *mount, struct mount **ret);
