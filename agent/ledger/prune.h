// SPDX-License-Identifier: GPL-3.0-or-later
// Months that may go once their time has come. Whoever calls decides whether it has.
#pragma once

#include "ledger/pruned.h"

struct prune_month {
    struct pruned pruned; // without contract_end and today
    uint64_t bytes;       // of its file
};

// All months below `folder` but the newest, oldest first, with where each ends as the file behind
// it says. −ENOENT: there is none at all. −EBADMSG: one can't be read as a ledger, or does not
// continue the one before. The caller frees the array.
must_check int prune_list(const char *folder, struct prune_month **ret, size_t *ret_n);

// Removes that month's file, durably; 0 also if it is gone already.
must_check int prune_remove(int folder, const char *month);
