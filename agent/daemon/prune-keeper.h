// SPDX-License-Identifier: GPL-3.0-or-later
// Months whose retention has ended: which they are, and their removal, of which a sealed row tells
// first. Clause 5 (6): never one day early.
#pragma once

#include "daemon/policy-store.h"
#include "daemon/recorder.h"
#include "ledger/ledger.h"

#include <json-c/json.h>

struct bus_person;

struct prune_keeper {
    struct recorder *recorder;
    struct ledger *ledger;
    const struct policy_store *policy;
    const char *state;          // the agent's folder
    const struct moment *begun; // when the agent did
};

// The bus's Prune; *ret_why is a sentence on failure.
must_check int prune_keeper_run(const struct prune_keeper *keeper, const struct bus_person *who,
                                json_object *options, json_object **ret_answer, char **ret_why);

// Removes what is still there although a row says that it is gone: a power cut came between.
void prune_keeper_finish(const char *state);
