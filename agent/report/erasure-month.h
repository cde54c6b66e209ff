// SPDX-License-Identifier: GPL-3.0-or-later
// What was erased for good in one month, how surely, and what was left unfinished; beside it how
// many deletions the file journal has. Clause 5 (10), annex F.
#pragma once

#include "base/json.h"
#include "fact/erasure.h"
#include "ledger/query.h"

#define ERASURE_MONTH_MAX 2000 // what is beyond is counted, not listed

// All that one certificate is about.
struct month_erasure {
    uint64_t number;   // of the certificate
    char *name;        // of its first row: "/srv/a.csv (+3)"
    char *reason, *by; // NULL: not given, not known
    uint64_t begun_ns; // 0: before the rows that there are
    uint64_t ended_ns; // of the last row that says what became of them; 0: there is none
    uint64_t begun;    // files
    uint64_t levels[ERASE_LEVEL_MAX];
    uint64_t failed; // files that were not erased, or are still there
};

struct erasure_month {
    struct month_erasure **items; // by number
    size_t n;
    uint64_t unlisted;
    uint64_t deletions; // of the file journal, in the month
    // Of those listed, at its end:
    uint64_t files, failed;
    uint64_t unfinished; // certificates with files of which nobody said what became of them
};
void erasure_month_clear(struct erasure_month *month);

// Rows in order, those of earlier months too. −ENOMEM.
must_check int erasure_month_take(struct erasure_month *month, const struct query_row *row,
                                  json_object *details, uint64_t begin_ns);
void erasure_month_end(struct erasure_month *month, uint64_t begin_ns);
// Files of which it was said what became of them, erased or not.
uint64_t month_erasure_ended(const struct month_erasure *erasure);
// Files of which nobody has said what became of them.
uint64_t month_erasure_open(const struct month_erasure *erasure);
