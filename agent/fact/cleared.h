// SPDX-License-Identifier: GPL-3.0-or-later
// Which media were looked at and found encrypted: said by the daemon, read by usb-verdict when udev
// asks again. A mark is for one medium in one boot (its diskseq, which the kernel never gives
// twice) and stands below media/ in /run/sekisho, where only root writes.
#pragma once

#include "base/util.h"

#include <stdint.h>

// All take a descriptor of /run/sekisho. `sequence` is the medium's diskseq, which is never 0 (a
// kernel before 5.15 has none, and no medium is cleared there: −EINVAL); sysname: "sda".

must_check int cleared_set(int run, uint64_t sequence, const char *sysname);

// 1: this very disk with this very medium; 0: not; −errno: cannot tell, and then it is not.
must_check int cleared_is_set(int run, uint64_t sequence, const char *sysname);

// Nothing to forget is fine.
must_check int cleared_forget(int run, uint64_t sequence);

// At the start of the daemon: nobody has watched what happened to the media since the last marks.
// Continues after errors, returns the first.
must_check int cleared_forget_all(int run);
