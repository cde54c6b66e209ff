// SPDX-License-Identifier: GPL-3.0-or-later
// What the storage below a file allows to claim of its erasing: from the layers that
// agent/watch/storage/place.h has found.
#pragma once

#include "base/json.h"

#include <stdbool.h>

struct erase_ground {
    bool in_place;  // each file system on the way writes where the content lies, by its kind
    bool encrypted; // on every way down
    bool magnetic;  // only plain magnetic disks are below, and nothing that keeps copies
    char *way;      // the worst way down, for people: "ext4 /srv → dm-1 → sdb". Owned
};
void erase_ground_clear(struct erase_ground *ground);

// What nobody can tell is never judged to be well. −ENOMEM.
must_check int erase_ground_judge(json_object *layers, struct erase_ground *ret);
