// SPDX-License-Identifier: GPL-3.0-or-later
// What was taken out in one month, by whose leave, and what came back. Clause 7, annex G.
#pragma once

#include "report/record-month.h"

struct takeout_approval {
    uint64_t request;
    char *approver; // login name
    bool self;      // who asked for it has approved it
};

struct takeout_month {
    struct record_month records;
    struct takeout_approval *approvals;
    size_t n_approvals;
    uint64_t taken, returned; // in the month
    uint64_t open, overdue;   // at its end; those that are overdue are open, too
    uint64_t plain;           // taken in the month, and not encrypted
    uint64_t unpermitted;     // … and no permit is named
};
void takeout_month_init(struct takeout_month *month);
void takeout_month_clear(struct takeout_month *month);

// Rows in order, those of earlier months too. −ENOMEM.
must_check int takeout_month_take(struct takeout_month *month, const struct query_row *row,
                                  json_object *details);
// `end_ns`: of what was recorded.
void takeout_month_end(struct takeout_month *month, uint64_t begin_ns, uint64_t end_ns);
// NULL: nobody is known to have approved it.
const struct takeout_approval *takeout_month_approval(const struct takeout_month *month,
                                                      const struct record *record);
