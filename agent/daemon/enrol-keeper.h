// SPDX-License-Identifier: GPL-3.0-or-later
// The enrolment at a site, as far as the agent has a part in it: what a request says, a bundle that
// is to hold, and another identity for a copied disk. All of it is rows (host.enrolled). Keys,
// certificates and signatures are the command's: `sekisho enrol`.
#pragma once

#include "base/util.h"
#include "bus/bus.h"
#include "daemon/options.h"
#include "daemon/policy-store.h"
#include "daemon/recorder.h"
#include "ledger/ledger.h"

#include <json-c/json.h>
#include <systemd/sd-event.h>

struct enrol_keeper {
    sd_event *event;
    struct recorder *recorder;
    struct ledger *ledger;
    struct policy_store *policy;
    const struct places *places;
    const struct options *options;
};

// The bus's Enrol; *ret_why is a sentence on failure.
must_check int enrol_keeper_run(const struct enrol_keeper *keeper, const struct bus_person *who,
                                const char *step, json_object *details, json_object **ret_answer,
                                char **ret_why);

// Records what a power cut left without a row.
void enrol_keeper_finish(const struct enrol_keeper *keeper);

// For the status: {"enrolled": b, …}. The caller puts it.
json_object *enrol_keeper_describe(const struct places *places);
