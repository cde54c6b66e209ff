// SPDX-License-Identifier: GPL-3.0-or-later
// What people are to be told: violations, folded by their cause, until somebody answers; beside
// them what is overdue, incidents that somebody reported, and what becomes of requests. Rows of one
// cause (fact/cause.h) are one alert, and so are those of one request. The ledger has them all;
// here stand the newest.
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
    char *cause;
    uint64_t incident; // number of that which it is about; 0: that of its cause
    struct fact *fact; // the newest
    uint32_t whom;     // whom it concerns; FACT_NO_UID: everybody who sits at this machine
    uint64_t request;  // number of the request that it tells of; 0: none
    bool answered;
    struct moment told; // when people were last told of it
    uint64_t reminders; // how often that was without news
};

struct alerts;
must_check int alerts_new(struct alerts **ret);
void alerts_free(struct alerts *alerts);
DEFINE_CLEANUP(struct alerts, alerts_free)

// Is it a row that people are told of?
bool alert_is_about(const struct fact *fact);
// A row about this fact is durable, or was read from the ledger.
void alerts_note(struct alerts *alerts, uint64_t sequence, const struct fact *fact);

// Calls `tell` for each alert that nobody has answered for `after_ns` since people were last told,
// by the clock or by what has passed, whichever is later.
typedef void (*alerts_teller)(void *context, const struct alert *alert);
void alerts_remind(struct alerts *alerts, uint64_t after_ns, const struct moment *now,
                   alerts_teller tell, void *context);

// Is it about this person, or about the machine that everybody sits at?
bool alert_concerns(const struct alert *alert, uint32_t uid);
// The alert that a row belongs to; NULL if there is none. Borrowed until the next alerts_note().
const struct alert *alerts_find(const struct alerts *alerts, uint64_t sequence);
// The i-th, from the one whose newest row is oldest; NULL behind the last.
const struct alert *alerts_at(const struct alerts *alerts, size_t i);
