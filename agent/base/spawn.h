// SPDX-License-Identifier: GPL-3.0-or-later
// Starts a program of ours: no shell, no signals blocked, all of them as usual, and nothing of the
// caller's environment.
#pragma once

#include "base/util.h"

// `in` and `out` become its standard input and output (−1: /dev/null); borrowed. Standard error is
// the caller's. *ret_process is a pidfd: the caller reaps the process through it (waitid, P_PIDFD)
// and closes it.
must_check int spawn_program(const char *program, char *const arguments[], int in, int out,
                             int *ret_process);
