// SPDX-License-Identifier: GPL-3.0-or-later
// The newest row of a kind, over all monthly files: where something that keeps its state in rows
// goes on from. Opens read-only, beside a writing daemon too.
#pragma once

#include "fact/fact.h"

#include <stdint.h>

struct latest {
    uint64_t sequence;
    char *object, *details; // owned, as stored; NULL if the row has none
};

void latest_clear(struct latest *latest);

// Looks below `folder` from the newest file back, in each only at the end of that kind's rows.
// −ENOENT: there is no such row, or no file; −EACCES, −EBADMSG, −EBUSY, −EIO, −ENOMEM.
must_check int latest_find(const char *folder, enum fact_kind kind, struct latest *ret);
