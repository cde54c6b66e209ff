// SPDX-License-Identifier: GPL-3.0-or-later
// Who was designated in a month, from its rows: the register of operators as it was at the month's
// end. Clauses 3 (2), 3 (3).
#pragma once

#include "base/json.h"
#include "ledger/query.h"
#include "policy/operator.h"

struct operator_month {
    struct operator_entry **items; // by login name, as the last row says
    size_t n;
};
void operator_month_clear(struct operator_month *month);

// Rows in order, those of earlier months too. −ENOMEM.
must_check int operator_month_take(struct operator_month *month, const struct query_row *row,
                                   json_object *details);

struct operator_counts {
    uint64_t designated; // in force at that time
    uint64_t trained;    // of those: recently enough
};
// `training`: what the policy asks for; where it asks for nothing (or NULL), what the standard
// does: once a year.
struct operator_counts operator_month_count(const struct operator_month *month,
                                            const struct training_policy *training,
                                            uint64_t now_ns);
