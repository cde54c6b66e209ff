// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a program to its end and takes all that it prints, for those who may wait (the daemon's loop
// may not: worker/worker.h).
#pragma once

#include "base/util.h"

#include <stddef.h>
#include <stdint.h>

struct program_answer {
    char *text; // what it printed, and a NUL behind it. Owned
    size_t length;
    int status; // its exit status
};
void program_answer_clear(struct program_answer *answer);

// Nothing of the caller's environment, standard input and signals (base/spawn.h). Killed if it
// prints more than `max` bytes (−EFBIG) or does not end within `patience_ns` (−ETIMEDOUT). −EPROTO:
// a signal ended it.
must_check int program_read(const char *program, char *const arguments[], size_t max,
                            uint64_t patience_ns, struct program_answer *ret);
