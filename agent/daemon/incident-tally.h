// SPDX-License-Identifier: GPL-3.0-or-later
// Which violations belong to which open incident, and how many they are: told of each row, in
// order. Of a row whose cause has no open incident it knows that one is still to be opened. Pure.
#pragma once

#include "fact/fact.h"
#include "policy/incident.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Causes that can have an incident of their own at once; the rest of the register is for what
// people report. Rows of further causes are one incident together.
#define TALLY_CAUSES_MAX 240

struct tally_cause {
    char *cause;     // as cause_text() writes it
    uint64_t number; // of its incident; 0: it is still to be opened
    bool opening;    // the row for that is on its way
    // As struct incident has them
    enum fact_kind kind;
    uint32_t uid;
    char *user, *object;
    enum severity severity;
    uint64_t first, last, first_ns, last_ns, count;
};

struct incident_tally {
    struct tally_cause *items[TALLY_CAUSES_MAX + 1];
    size_t n;
};
void incident_tally_clear(struct incident_tally *tally);

// A row that is durable: violations, and what opens and closes incidents. −ENOMEM.
must_check int incident_tally_note(struct incident_tally *tally, uint64_t sequence,
                                   const struct fact *fact);
// What the register says beside the rows (their month may have been pruned): open incidents that
// the tally does not know are added, those that it alone knows are still to be opened. −ENOMEM.
must_check int incident_tally_settle(struct incident_tally *tally,
                                     struct incident *const *incidents, size_t n);

// NULL if there is none.
struct tally_cause *incident_tally_find(const struct incident_tally *tally, const char *cause);
const struct tally_cause *incident_tally_of(const struct incident_tally *tally, uint64_t number);
// Is it the one that further causes are counted in?
bool tally_cause_is_rest(const struct tally_cause *item);
