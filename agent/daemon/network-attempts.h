// SPDX-License-Identifier: GPL-3.0-or-later
// What the firewall stopped, as rows that a person can read: the first of a kind at once, its
// repeats as one row an hour, and a flood of kinds as one number. The kernel counts all of them.
#pragma once

#include "daemon/recorder.h"
#include "fact/net_attempt.h"

#include <stdbool.h>

#define ATTEMPTS_MAX 64 // kinds within an hour that have rows of their own

struct network_attempts {
    struct attempt_kind {
        struct net_attempt first;
        uint64_t repeats; // without a row, yet
    } kinds[ATTEMPTS_MAX];
    size_t n;
    uint64_t others; // of kinds that found no room
};

// One was seen. `link`: the name of the interface, NULL if it is not known. `enforcing`: it was
// stopped.
void network_attempts_note(struct network_attempts *attempts, struct recorder *recorder,
                           const struct net_attempt *seen, const char *link, bool enforcing);
// An hour is over: the repeats are recorded. A kind that goes on stays known, so that it has one
// row an hour; one that was not seen again is forgotten.
void network_attempts_end_hour(struct network_attempts *attempts, struct recorder *recorder,
                               bool enforcing);
