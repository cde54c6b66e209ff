// SPDX-License-Identifier: GPL-3.0-or-later
// When a guard only observed, from the rows that tell its mode: agent.started and mode.changed.
#pragma once

#include "fact/fact.h"
#include "report/spans.h"

// In all of a time. OBSERVE if any of it was.
enum month_mode { MONTH_MODE_UNKNOWN, MONTH_MODE_ENFORCE, MONTH_MODE_OBSERVE };

// Empty when zeroed.
struct enforced {
    enum month_mode mode;
    struct spans observed, unknown; // `unknown`: no row tells
    // While rows come in:
    enum month_mode now;
    uint64_t since_ns;
};

void enforced_clear(struct enforced *enforced);
// `word`: the mode of the guard as the row names it; NULL: it does not, and the last one holds on.
// What is before `begin_ns` does not count for `mode`.
must_check int enforced_take(struct enforced *enforced, const struct fact *fact, const char *word,
                             uint64_t begin_ns);
// After the last row. Cuts all to the period.
must_check int enforced_end(struct enforced *enforced, const struct span *period);
