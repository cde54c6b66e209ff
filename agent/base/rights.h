// SPDX-License-Identifier: GPL-3.0-or-later
// For a program that reads what strangers wrote: it gives up all that it does not need for reading
// open descriptors, computing, and writing an answer.
#pragma once

#include "base/util.h"

#include <stdint.h>

// Nobody's uid (where it was root), no core dump, no further process, at most `memory_max` bytes of
// address space, dies with its parent, and only a short list of system calls: opening anything is
// not among them. For a program of one thread.
must_check int rights_drop(uint64_t memory_max);
