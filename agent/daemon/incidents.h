// SPDX-License-Identifier: GPL-3.0-or-later
// How many incidents are open: each violation opens one, as does incident.opened for what no
// program saw; incident.closed ends one.
#pragma once

#include "fact/fact.h"

#include <stdbool.h>

struct incidents {
    bool known; // false: the ledger could not be read, and no number is a claim
    uint64_t open;
};

// Counts in all months of the ledger's folder.
void incidents_count(struct incidents *incidents, const char *ledger_folder);
// A row about this fact has become durable since.
void incidents_note(struct incidents *incidents, const struct fact *fact);
