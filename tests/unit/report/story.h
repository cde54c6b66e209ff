// SPDX-License-Identifier: GPL-3.0-or-later
// Made-up rows for the tests of this room: a month told day by day, in Japan time.
#pragma once

#include "report/month.h"

#include <inttypes.h>

#define STORY_MONTH "2026-11"
#define S NS_PER_S
#define MINUTE (60 * NS_PER_S)
#define HOUR (60 * MINUTE)

struct story {
    struct month month;
    uint64_t sequence;
    char boot[BOOT_ID_SIZE];
    uint64_t boot_ns; // wall time of power-on
};

// The n-th of the month at hour:minute.
uint64_t story_at(unsigned day, unsigned hour, unsigned minute);
void story_begin(struct story *story); // sets the time zone, too
void story_end(struct story *story);   // month_end(), long after the month

void story_boot(struct story *story, uint64_t wall_ns);
void story_row(struct story *story, uint64_t wall_ns, enum fact_kind kind, const char *object,
               const char *outcome, const char *details);

// What a healthy workstation records, in enforce.
void story_install(struct story *story, uint64_t wall_ns);
void story_start(struct story *story, uint64_t wall_ns); // a boot 20 s before, and its covered gap
void story_stop(struct story *story, uint64_t wall_ns);
void story_gap(struct story *story, uint64_t wall_ns, uint64_t from_ns, uint64_t to_ns,
               bool covered);
void story_blocked(struct story *story, uint64_t wall_ns, const char *identity,
                   const char *outcome);
void story_used(struct story *story, uint64_t wall_ns, const char *identity, const char *rule);
// airgap.broken by a link that is not named; with a later `wall_ns` it is stated once more.
void story_broken(struct story *story, uint64_t wall_ns, const char *link, uint64_t since_ns);
void story_restored(struct story *story, uint64_t wall_ns, const char *link, uint64_t since_ns,
                    uint64_t duration_ns);
// Installed on the 2nd, on from 9:00 to 17:00 on the 2nd and the 3rd.
void story_tell_two_days(struct story *story);
