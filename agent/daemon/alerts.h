// SPDX-License-Identifier: GPL-3.0-or-later
// What people are to be told: violations, what is overdue, and what becomes of their requests,
// folded by their cause, until somebody answers. Rows of one kind, about one object and one person,
// are one alert, and so are those of one request. The ledger has them all; here stand the
// newest.
#pragma once

#include "fact/fact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALERTS_MAX 256       // causes; the one that is quiet for longest makes room
#define ALERT_MEMBERS_MAX 32 // rows of one cause that are known by number, the newest

struct alert {
    uint64_t sequence; // of the newest row
    uint64_t count;    // rows since the last answer
    uint64_t members[ALERT_MEMBERS_MAX];
    struct fact *fact; // the newest
    uint32_t whom;     // whom it concerns; FACT_NO_UID: everybody who sits at this machine
    uint64_t request;  // number of the request that it tells of; 0: none
    bool answered;
};

struct alerts;
must_check int alerts_new(struct alerts **ret);
void alerts_free(struct alerts *alerts);
DEFINE_CLEANUP(struct alerts, alerts_free)

// Reads the two newest months of the ledger's folder; what can't be read is missing, and said.
void alerts_restore(struct alerts *alerts, const char *folder);
// A row about this fact is durable.
void alerts_note(struct alerts *alerts, uint64_t sequence, const struct fact *fact);

// Is it about this person, or about the machine that everybody sits at?
bool alert_concerns(const struct alert *alert, uint32_t uid);
// Is it a row that people are to be told of? By its kind and severity alone.
bool alerts_tell(const struct fact *fact);
// The alert that a row belongs to; NULL if there is none. Borrowed until the next alerts_note().
const struct alert *alerts_find(const struct alerts *alerts, uint64_t sequence);
// The i-th, from the one whose newest row is oldest; NULL behind the last.
const struct alert *alerts_at(const struct alerts *alerts, size_t i);
