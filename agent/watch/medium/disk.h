// SPDX-License-Identifier: GPL-3.0-or-later
// A disk on USB as the kernel shows it: for the watch and for usb-verdict.
#pragma once

#include "fact/medium.h"

// The disk `sysname` as sysfs shows it now, not looked at. −ENODEV: not there, or not on USB.
must_check int disk_read(int sys, const char *sysname, struct medium **ret);

must_check int medium_copy(const struct medium *medium, struct medium **ret);
