// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the keeper of incidents: what its files share.
#pragma once

#include "daemon/incident-keeper.h"
#include "policy/permit.h"

struct incident_keeper {
    struct incident_keeper_options options;
    struct moment begun; // when this daemon did
    struct incident_tally tally;
    uint64_t overdue[INCIDENTS_MAX]; // numbers of those of which such a row is on its way
    size_t n_overdue;
    bool known;  // the ledger could be read
    bool ending; // nothing is put any more
};

struct incident_terms {
    unsigned first_days, final_days, purpose_days;
    uint64_t remind_ns;
};
struct incident_terms incident_keeper_terms(const struct incident_keeper *keeper);
struct permit_clock incident_keeper_clock(const struct incident_keeper *keeper);

// NULL: there is none. Borrowed until the registers move.
const struct incident *incident_keeper_find(const struct incident_keeper *keeper, uint64_t number);
// With the rows of its cause as they are counted now.
must_check int incident_keeper_copy(const struct incident_keeper *keeper,
                                    const struct incident *incident, struct incident **ret);
// Due dates, from when it became known on.
void incident_keeper_set_dues(const struct incident_keeper *keeper, struct incident *incident);

// Is it about the person, reported by it, or about the machine that everybody sits at?
bool incident_is_own(const struct incident *incident, uint32_t uid);

// A row about it; NULL: a text is too long, or no memory.
struct fact *incident_row(enum fact_kind kind, const struct incident *incident,
                          const char *outcome);
