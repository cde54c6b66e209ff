// SPDX-License-Identifier: GPL-3.0-or-later
// What opened packages say beyond each of them: whether they follow each other, and what is missing
// in them though nobody touched them.
#pragma once

#include "report/package.h"

// The ledgers of those opened packages that are of `ledger` (32 hexadecimal digits), as one chain;
// of two of one month the longer. −ENODATA: there is none of it, or one of them is broken, which
// says enough.
must_check int package_chain(const struct package *packages, size_t n, const char *ledger,
                             const struct verify_witness *witness, struct verify_result *ret);

// Of the package's month, by its own rows.
struct package_gaps {
    uint64_t holes, unseen_ns; // stretches in which the PC was on and nobody watched, and all of it
    uint64_t lost;             // events that could not be recorded
    uint64_t clock_steps;
};

// An opened package that is not broken. Its month is cut in the process's time zone.
must_check int package_find_gaps(const struct package *package, struct package_gaps *ret);
