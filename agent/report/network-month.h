// SPDX-License-Identifier: GPL-3.0-or-later
// What a month comes to for the air gap, clause 5 (1): when it was broken, whom packets were
// stopped to, and in how much of the time that the PC was on nothing can have passed unseen. Each
// stretch in which that can't be said is a gap, and has its cause.
#pragma once

#include "ledger/query.h"
#include "report/breaches.h"
#include "report/enforced.h"
#include "report/peers.h"
#include "report/watched.h"

enum network_gap_cause {
    NETWORK_GAP_AWAY,         // the agent did not run, and perhaps no firewall was loaded
    NETWORK_GAP_OBSERVE,      // packets were counted, and passed
    NETWORK_GAP_MODE_UNKNOWN, // no row tells whether they passed
    NETWORK_GAP_CLOCK,        // the clock was set over it: what its rows tell has no sure time
    NETWORK_GAP_CAUSE_MAX,
};
const char *network_gap_cause_to_str(enum network_gap_cause cause); // "agent-away"

struct network_gap {
    struct span span;
    enum network_gap_cause cause;
};

struct network_month {
    struct watched watched; // as the firewall covers the ends of a boot
    struct enforced enforced;
    struct breaches breaches;
    struct peers peers;
    struct spans steps; // what the clock was set over
    uint64_t tampered;  // the firewall was changed from outside
    // Of the time that the PC was on, set by network_month_end():
    struct network_gap *gaps; // by their begin
    size_t n_gaps;
    struct spans open; // what any gap covers
};

void network_month_init(struct network_month *network, const struct span *month);
void network_month_clear(struct network_month *network);
// There was no agent before: no gap, either.
void network_month_begin(struct network_month *network, uint64_t begin_ns);
// Every row, those of other months too.
must_check int network_month_take(struct network_month *network, const struct query_row *row,
                                  json_object *details);
must_check int network_month_end(struct network_month *network, const struct span *month,
                                 uint64_t now_ns);
