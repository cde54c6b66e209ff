// SPDX-License-Identifier: GPL-3.0-or-later
// What trail-keeper.c and trail-group.c share.
#pragma once

#include "daemon/accounts.h"
#include "daemon/trail-keeper.h"
#include "daemon/trail-start.h"
#include "trail/trail.h"
#include "watch/watch.h"

enum phase {
    PHASE_LOAD,   // the trail has to be restored from the ledger
    PHASE_RESUME, // the watch has to find its place
    PHASE_FOLLOW,
};

struct trail_gap {
    const char *cause;       // NULL: none
    uint64_t from_ns, to_ns; // wall time; to_ns 0: until the first event, or now
};

struct trail_keeper {
    struct trail_keeper_options options;
    struct trail_settings settings;
    struct trail_folders folders; // whose names the settings borrow
    struct accounts *accounts;
    void *watch;
    sd_event_source *timer;
    enum phase phase;
    struct trail *trail;
    struct audit_place *place; // the latest, which all rows belong before; NULL: not known yet
    struct trail_gap gap;      // goes into the next group, in front of `rows`
    struct trail_rows rows;    // since the last checkpoint
    bool in_flight;            // a group is; no event comes meanwhile
    size_t in_front;           // rows in front of the trail's own in that group
    size_t n_flight;
    bool wanted; // a checkpoint is, whatever there is to record
    bool stopping;
    uint64_t checkpoint; // sequence of the last one of this run
    uint64_t month;      // first row of the newest file, which wants one too
    uint64_t checkpoint_inode, checkpoint_offset;
    bool failing;             // told already
    uint64_t failing_wall_ns; // since when
    uint64_t waiting_wall_ns; // since when there is no log to read; 0: there is one
    // CLOCK_MONOTONIC
    uint64_t waiting_ns, rows_due_ns, checkpoint_ns, seen_ns;
    uint64_t seen_wall_ns; // of the latest event, by its own clock
};

// trail-keeper.c
uint64_t trail_keeper_clock_ns(const struct trail_keeper *keeper); // CLOCK_MONOTONIC
void trail_keeper_arm(struct trail_keeper *keeper, uint64_t at_ns);
// What was taken since the last durable checkpoint is forgotten, and read again from there.
void trail_keeper_fail(struct trail_keeper *keeper, int error);

// trail-group.c
// The NULL of lack of memory is refused by whoever puts it.
struct fact *trail_group_gap(const struct trail_gap *gap);
// Puts the group if it has to go, or sees to it that it is looked at again.
void trail_group_look(struct trail_keeper *keeper);
// Puts it now.
void trail_group_put(struct trail_keeper *keeper);
// Has the log gone on since the last checkpoint? There is a place.
bool trail_group_moved(const struct trail_keeper *keeper);
void trail_group_take_event(struct trail_keeper *keeper, const struct audit_event *event);
// Takes the place.
void trail_group_take_place(struct trail_keeper *keeper, struct audit_place *place);
// Nothing comes: takes what is due by the clock.
void trail_group_settle(struct trail_keeper *keeper);
