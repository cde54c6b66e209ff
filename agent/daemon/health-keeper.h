// SPDX-License-Identifier: GPL-3.0-or-later
// What the checks find, from look to look: antivirus, encryption at rest, posture, how auditing is
// set up, and what persons attest. A finding that is another one than before is a row; one that
// stays is none.
#pragma once

#include "daemon/incident-keeper.h"
#include "daemon/options.h"
#include "daemon/policy-store.h"
#include "daemon/recorder.h"
#include "ledger/registers.h"

#include <json-c/json.h>

struct health_keeper;

struct health_keeper_options {
    const struct places *places;
    struct recorder *recorder;
    const struct registers *registers; // what was found last
    const struct policy_store *policy;
    const struct ledger *records; // what the registers of persons need
    const struct incident_keeper *incidents;
    const char *ledger; // folder of the months; borrowed for the call
};

must_check int health_keeper_new(const struct health_keeper_options *options,
                                 struct health_keeper **ret);
void health_keeper_free(struct health_keeper *keeper);

// seen.antivirus, seen.storage, seen.posture; all others are ignored.
void health_keeper_on_fact(struct health_keeper *keeper, const struct fact *fact);

// {"ok": N, "violation": N, …, "checks": [{"check", "clause", "finding", "subject"}, …]} for the
// status. −ENOMEM.
must_check int health_keeper_describe(const struct health_keeper *keeper, json_object **ret);
