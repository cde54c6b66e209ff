// SPDX-License-Identifier: GPL-3.0-or-later
// A write to sysfs in which the kernel may wait for a device.
#pragma once

#include "base/util.h"

#include <stddef.h>

#define BOUNDED_MAX 4

struct bounded_write {
    const char *path, *value; // borrowed
};

// Writes each value into its path below `dir`, in this order, up to the first that fails; waits two
// seconds at most: −ETIMEDOUT if the kernel has not answered by then, in which case it goes on by
// itself and may still do what was asked. −EBUSY: too many have not come to their end.
must_check int bounded_write_all(int dir, const struct bounded_write *writes, size_t n);
must_check int bounded_write_at(int dir, const char *path, const char *value);
