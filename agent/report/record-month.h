// SPDX-License-Identifier: GPL-3.0-or-later
// The entries of one register in one month, from its rows: those that were made in it, or were
// open.
#pragma once

#include "base/json.h"
#include "ledger/query.h"
#include "policy/record.h"

#define RECORD_MONTH_MAX (4 * RECORDS_MAX) // what is beyond is counted, not listed

struct record_month {
    enum record_register which;
    struct record **items; // by number, as the last row of the month says
    size_t n;
    uint64_t unlisted;
};
void record_month_clear(struct record_month *month);

// Rows in order, those of earlier months too; others than its register's pass by. −ENOMEM.
must_check int record_month_take(struct record_month *month, const struct query_row *row,
                                 json_object *details);
// Leaves out what was over before the month.
void record_month_end(struct record_month *month, uint64_t begin_ns);
