// SPDX-License-Identifier: GPL-3.0-or-later
// What the firewall stopped, as rows that a person can read: the first of a kind at once, its
// repeats as one row an hour, and all others as one number. The kernel logs a sample and counts all
// of them: over an hour, one for each first, the repeats and that number make its count.
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
    // By the kernel's counters, so that each packet is in one row, sampled or not:
    bool counts;      // they were read
    uint64_t stopped; // so many by the counters that are there, and by those before since our start
    uint64_t told;    // of which so many are in rows
    uint64_t last;    // the counters when they were read last
    int run;          // /run/sekisho, where the next daemon finds what this one has told
    int proc;         // /proc, where the programs are
};

// What the daemon before this one has told of what the present counters count.
void network_attempts_begin(struct network_attempts *attempts, int run, int proc);

// One was seen. `link`: the name of the interface, NULL if it is not known. `enforcing`: it was
// stopped.
void network_attempts_note(struct network_attempts *attempts, struct recorder *recorder,
                           const struct net_attempt *seen, const char *link, bool enforcing);
// So many the firewall's counters have counted. Those that `airgap` replaces go on where they were;
// of others, that somebody took away, what was counted since the last call is not known.
void network_attempts_count(struct network_attempts *attempts, uint64_t packets);
// An hour is over, or the daemon's life: the repeats are recorded, and how many more the kernel has
// counted. A kind that goes on stays known, so that it has one
// row an hour; one that was not seen again is forgotten.
void network_attempts_end_hour(struct network_attempts *attempts, struct recorder *recorder,
                               bool enforcing);
