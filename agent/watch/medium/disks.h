// SPDX-License-Identifier: GPL-3.0-or-later
// The disks on USB that the watch knows of.
#pragma once

#include "fact/medium.h"
#include "watch/medium/look.h"

#include <stddef.h>

#define DISKS_MAX 256 // card readers and disk boxes have many; one beyond stays unchecked, so shut

struct disk {
    struct medium *medium;
    bool wanted; // the daemon asked for a look
    bool stale;  // it changed since the last look began
    bool seen;   // by the present walk over all disks
    bool told;   // in it
    struct look *look;
    sd_event_source *settling; // runs while an empty medium is being written
    void *owner;               // the watch
};

struct disks {
    struct disk *items[DISKS_MAX];
    size_t n;
};

struct disk *disks_find(const struct disks *disks, const char *sysname);
// Takes over the medium, if it succeeds. −ENOSPC.
must_check int disks_add(struct disks *disks, struct medium *medium, void *owner,
                         struct disk **ret);
// Ends its look; its medium is the caller's.
must_check struct medium *disks_remove(struct disks *disks, struct disk *disk);
void disks_clear(struct disks *disks);
