// SPDX-License-Identifier: GPL-3.0-or-later
// The process of a product: by the program that it runs and the unit that it belongs to, never by
// its name, which a process chooses itself.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

struct process {
    uint32_t pid;
    uint64_t started; // clock ticks since boot (proc(5), stat, 22): with the pid, which process
    bool replaced;    // its program was replaced on the disk meanwhile
};

// `proc`: descriptor of /proc. `unit` NULL: any. −ENOENT: none; −EACCES: none that may be seen.
must_check int process_find(int proc, const char *program, const char *unit, struct process *ret);
must_check int process_started(int proc, uint32_t pid, uint64_t *ret);
// Does this process run another program than that? false also if it is gone or can't be seen.
bool process_is_other(int proc, uint32_t pid, const char *program);
