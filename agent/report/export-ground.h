// SPDX-License-Identifier: GPL-3.0-or-later
// Does what is written to a place leave this PC with what it lies on? From the layers that
// agent/watch/storage/place.h has found. Clause 7: our own export counts.
#pragma once

#include "base/json.h"

#include <stdbool.h>

struct export_ground {
    bool leaves;    // a medium, another machine, or nobody can tell; else this PC's own disk
    bool encrypted; // on every way down
    char *medium;   // how people name it: "DataTraveler (sdb), /media/collection". Owned; NULL: it
                    // stays here
};
void export_ground_clear(struct export_ground *ground);

// own: the layers below "/", whose disks are this PC's own whatever they hang on. −ENOMEM.
must_check int export_ground_judge(json_object *layers, json_object *own,
                                   struct export_ground *ret);
