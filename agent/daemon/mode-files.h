// SPDX-License-Identifier: GPL-3.0-or-later
// What the mode leaves on disk: for the next start, and for the next boot.
#pragma once

#include "daemon/options.h"
#include "policy/gate.h"

#define MODPROBE_FILE "sekisho.conf" // in /etc/modprobe.d, and by the hook in every initramfs

// The mode of the last run: observe where none was written; where it can't be made out, what is
// installed says it.
must_check int mode_files_read(const struct places *places, enum gate_mode *ret);
must_check int mode_files_write(const struct places *places, enum gate_mode mode);

// The kernel's shut default for the next boot: is it there, put it there, take it away (−ENOENT: it
// was not there). Counts once the initramfs is renewed.
bool mode_files_is_shut(const struct places *places);
must_check int mode_files_shut(const struct places *places);
must_check int mode_files_open(const struct places *places);

// While enforce is being entered a mark exists: found at a start, it says that the attempt was cut
// off.
void mode_files_mark_attempt(const struct places *places, bool under_way);
bool mode_files_was_attempted(const struct places *places);
