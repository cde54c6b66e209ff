// SPDX-License-Identifier: GPL-3.0-or-later
// The newest row of a kind, over all monthly files: where something that keeps its state in rows
// goes on from. Opens read-only, beside a writing daemon too.
#pragma once

#include "fact/fact.h"

#include <stdint.h>

// Looks below `folder` from the newest file back, in each only at the end of that kind's rows. The
// details are as stored; NULL if the row has none; the caller frees them. −ENOENT: there is no such
// row, or no file; −EACCES, −EBADMSG, −EBUSY, −EIO, −ENOMEM.
must_check int latest_find(const char *folder, enum fact_kind kind, uint64_t *ret_sequence,
                           char **ret_details);
