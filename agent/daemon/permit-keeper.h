// SPDX-License-Identifier: GPL-3.0-or-later
// Permits: granted and ended, and in force from their first moment to their last. Clause 5 (1).
//
// What opens has its row first (permit.granted, and network.allowed at the moment from which it
// holds); what closes is closed first. The wall clock is not believed: a permit holds only if it
// does both by the clock and by what has passed since the daemon began, and not before the latest
// time of the ledger's rows and what has passed since that. So a clock that was set never opens one
// earlier, nor again; only one that was set back while the machine was off is believed as far as
// that time.
#pragma once

#include "daemon/recorder.h"
#include "ledger/ledger.h"
#include "ledger/registers.h"

#include <json-c/json.h>

struct bus_person;

struct permit_keeper_options {
    sd_event *event;
    struct recorder *recorder;
    struct registers *registers;
    const struct ledger *ledger;
    void (*changed)(void *context); // others hold than before: permit_keeper_add_scopes() anew
    void *context;
};

struct permit_keeper;

must_check int permit_keeper_new(const struct permit_keeper_options *options,
                                 struct permit_keeper **ret);
void permit_keeper_free(struct permit_keeper *keeper);
DEFINE_CLEANUP(struct permit_keeper, permit_keeper_free)

// Begins and ends what is due: at the start, each minute, and when the clock was set.
void permit_keeper_settle(struct permit_keeper *keeper);

// Links and peers of those that hold, at the end of `airgap`. What is over the limits is left out.
must_check int permit_keeper_add_scopes(const struct permit_keeper *keeper, struct airgap *airgap);

// The links and peers that somebody names, looked at, without the numbers and ends that only the
// agent gives. −EINVAL, …, and a sentence, which is `nothing` (N_()) where none is named. *scope is
// the caller's to clear, after a failure too.
must_check int permit_keeper_take_scope(json_object *terms, struct airgap *scope,
                                        const char *nothing, char **ret_why);

// The bus's GrantPermit, EndPermit and ListPermits; *ret_why is a sentence on failure. `permit`:
// the city's number, or "". `which`: that, or the number of its row.
must_check int permit_keeper_grant(struct permit_keeper *keeper, const struct bus_person *who,
                                   const char *permit, json_object *terms, json_object **ret_answer,
                                   char **ret_why);
// The same for what somebody asked for; `request`: the number of that.
must_check int permit_keeper_grant_request(struct permit_keeper *keeper,
                                           const struct bus_person *who, const char *permit,
                                           json_object *terms, uint64_t request,
                                           uint64_t *ret_number, char **ret_why);
must_check int permit_keeper_end(struct permit_keeper *keeper, const struct bus_person *who,
                                 const char *which, json_object **ret_answer, char **ret_why);
must_check int permit_keeper_list(const struct permit_keeper *keeper, json_object **ret_answer);
