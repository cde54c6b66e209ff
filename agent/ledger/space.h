// SPDX-License-Identifier: GPL-3.0-or-later
// How long the disk has room for records.
#pragma once

#include "base/util.h"

#include <stdint.h>

struct ledger_space {
    uint64_t free_bytes;  // what root may still write on the ledger's file system
    uint64_t month_bytes; // of the largest of the last three months that are over; else of this one
};

// `folder`: the path of ledger/. −errno.
must_check int ledger_space_read(const char *folder, struct ledger_space *ret);
