// SPDX-License-Identifier: GPL-3.0-or-later
// What the modes leave on disk: for the next start, and for the next boot.
#pragma once

#include "daemon/options.h"
#include "policy/guard.h"

#define MODPROBE_FILE "sekisho.conf" // in /etc/modprobe.d, and by the hook in every initramfs

// The modes of the last run: observe where none was written. From a damaged file nothing is taken:
// for USB what is installed says it; for the network, of which nothing else is, it is enforce.
must_check int mode_files_read(const struct places *places, struct guard_modes *ret);
must_check int mode_files_write(const struct places *places, const struct guard_modes *modes);

// The kernel's shut default for the next boot: is it there, put it there, take it away (−ENOENT: it
// was not there). Counts once the initramfs is renewed.
bool mode_files_is_shut(const struct places *places);
must_check int mode_files_shut(const struct places *places);
must_check int mode_files_open(const struct places *places);

// While a guard's enforce is being entered a mark exists: found at a start, it says that the
// attempt was cut off. The network's, /run/sekisho/airgap-trial, also tells the firewall's loader
// to enforce, because the mode does so only once it is installed.
must_check int mode_files_mark_attempt(const struct places *places, enum guard guard);
must_check int mode_files_unmark_attempt(const struct places *places, enum guard guard);
bool mode_files_was_attempted(const struct places *places, enum guard guard);
