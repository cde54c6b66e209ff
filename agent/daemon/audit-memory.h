// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of auditing in this boot: kept in /run/sekisho, so that a daemon that starts anew
// goes on from the last sample instead of believing what it finds.
#pragma once

#include "base/digest.h"
#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

struct audit_memory {
    uint64_t sampled_ns; // wall time of the last sample; 0: none in this boot
    uint64_t lost, enabled, pid;
    uint64_t gone_ns;             // since when auditd has not run; 0: it runs
    uint64_t suspended_ns;        // since when it has not written; 0: it does
    bool backlog_is_high;         // told
    bool no_uring;                // the kernel has no filter for io_uring; told
    char rules[DIGEST_TEXT_SIZE]; // hash of the rules that were in the kernel; "": none yet
    char finding[32];             // what was last recorded of the rules; "": they are in order
};

// What cannot be read is as if there had been no sample. `run`: descriptor of /run/sekisho.
void audit_memory_read(int run, struct audit_memory *ret);
must_check int audit_memory_write(int run, const struct audit_memory *memory);
