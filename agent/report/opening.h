// SPDX-License-Identifier: GPL-3.0-or-later
// What a monthly file says of itself in its first row, ledger.opened (FORMAT.md, section 6).
#pragma once

#include "base/moment.h"
#include "base/util.h"

#include <stdint.h>

struct opening {
    char *host;                  // printable
    char month[MONTH_TEXT_SIZE]; // a valid month
    char ledger[33];             // 32 hexadecimal digits
    uint64_t sequence;           // of this row
    uint64_t epoch;              // of the last seal before it
};

void opening_clear(struct opening *opening);

// −ENODATA: there is no such row, or it does not say these things. Other errors as query_run().
must_check int opening_read(const char *path, struct opening *ret);
