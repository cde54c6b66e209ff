// SPDX-License-Identifier: GPL-3.0-or-later
// The state of watch_medium, for the files that make it up.
#pragma once

#include "uevent/uevents.h"
#include "watch/medium/disks.h"
#include "watch/medium/mounts.h"
#include "watch/watch.h"

struct medium_watch {
    struct watch_context context;
    struct disks disks;
    struct mounts mounts;
    struct uevents *uevents; // NULL unless live, like the next
    sd_event_source *on_mountinfo;
    int mountinfo;
};

must_check int medium_watch_put(struct medium_watch *watch, enum fact_kind kind,
                                const struct medium *medium);

// Begins to look at as many disks as may be looked at at once, of those that are waiting for it.
void medium_watch_start_looks(struct medium_watch *watch);
// The disk may hold something else than when it was looked at.
must_check int medium_watch_note_change(struct medium_watch *watch, struct disk *disk);
