// SPDX-License-Identifier: GPL-3.0-or-later
// A write to sysfs in which the kernel may wait for a device.
#pragma once

#include "base/util.h"

// Writes `value` into `path` below `dir`, and waits two seconds at most: −ETIMEDOUT if the kernel
// has not answered by then, in which case it goes on by itself and may still do what was asked.
must_check int bounded_write_at(int dir, const char *path, const char *value);
