// SPDX-License-Identifier: GPL-3.0-or-later
// What each check found in the course of a month, from the rows in which a finding changed and from
// the register that restates them. Pure.
#pragma once

#include "base/json.h"
#include "ledger/query.h"
#include "report/finding-value.h"
#include "report/spans.h"

#include <stdbool.h>

// An agent that has just come looks within this time; later is a time in which nobody looked.
#define CHECKED_FIRST_LOOK_MAX_NS (5 * 60 * NS_PER_S)

struct checked {
    char *name, *clause;                // "posture.sudo", "5 (3)"
    enum finding_value last;            // when the period ended
    bool was[FINDING_VALUE_MAX];        // at any time of the period
    struct spans at[FINDING_VALUE_MAX]; // when, within the period
    uint64_t known_ns;                  // found first then; 0: before the period's rows
    uint64_t changed_ns;                // while rows come in: `last` since then
};

struct checked_month {
    struct checked **items; // as they come
    size_t n;
    uint64_t begin_ns, end_ns; // of the period, after checked_month_end()
};
void checked_month_clear(struct checked_month *month);

// Rows in order, those of earlier months too; others than findings pass by. `begin_ns`: of the
// month. −ENOMEM.
must_check int checked_month_take(struct checked_month *month, const struct query_row *row,
                                  json_object *details, uint64_t begin_ns);
// The period: from when on something was to be looked at, until when rows tell.
must_check int checked_month_end(struct checked_month *month, const struct span *period);

// NULL: there is no row of that check.
const struct checked *checked_month_find(const struct checked_month *month, const char *name);
// Was there a time of the period in which nobody knew?
bool checked_is_unseen(const struct checked *checked, const struct checked_month *month);
