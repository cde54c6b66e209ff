// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the trail of logins and file access: what the audit watch puts becomes rows (agent/trail),
// and the rows since the last checkpoint go into the ledger with the next one as one group. If that
// fails, or the daemon dies, everything is restored from the last durable checkpoint and read again
// from auditd's log: no event is lost, none stands there twice. Clauses 5 (3), 5 (6).
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"
#include "policy/policy.h"

struct trail_keeper;

struct trail_keeper_options {
    sd_event *event;
    struct ledger *ledger;
    struct recorder *recorder;
    const struct places *places;
    const char *state; // path of /var/lib/sekisho
    // As of struct trail_settings, with the folder as the policy names it. NULL: nobody is asked.
    bool (*is_stranger)(void *context, uint32_t uid, const char *login, const char *folder);
    bool (*is_told)(void *context, uint32_t pid, const char *account, uint64_t wall_ns);
    bool (*is_for_emergencies)(void *context, const char *account);
    void *context;
};

must_check int trail_keeper_new(const struct trail_keeper_options *options,
                                struct trail_keeper **ret);
// After the recorder, which may still have an answer for it.
void trail_keeper_free(struct trail_keeper *keeper);
DEFINE_CLEANUP(struct trail_keeper, trail_keeper_free)

// What it says of files. −ENOMEM leaves the one before in force.
must_check int trail_keeper_set_policy(struct trail_keeper *keeper, const struct policy *policy);
// Goes on where the ledger says. `watch`: state of watch_audit, borrowed until trail_keeper_stop().
void trail_keeper_start(struct trail_keeper *keeper, void *watch);
// Takes the facts of watch_audit and of sessions' locks out of `fact`; others don't matter.
void trail_keeper_on_fact(struct trail_keeper *keeper, struct fact *fact);
// A new month's file has begun with the row `first`: it gets a checkpoint of its own.
void trail_keeper_restate(struct trail_keeper *keeper, uint64_t first);
// Why nothing is read now, as the cause of a gap, and since when; NULL: it is read.
const char *trail_keeper_trouble(const struct trail_keeper *keeper, uint64_t *ret_since_ns);
// Records what is there and waits for it. The watch is not asked anything any more.
void trail_keeper_stop(struct trail_keeper *keeper);
