// SPDX-License-Identifier: GPL-3.0-or-later
// The policy in force: loaded at start, on SIGHUP and when its files change; a broken one is
// refused as a whole and the last good one stays. Both are rows.
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"
#include "policy/policy.h"

#include <systemd/sd-event.h>

struct bus_person;

struct policy_store_options {
    sd_event *event;
    const struct options *options;
    const struct places *places;
    struct recorder *recorder;
    void (*changed)(void *context); // a new policy is in force
    void *context;
};

struct policy_store;

// Loads once (a broken policy is no failure) and watches the files.
must_check int policy_store_new(const struct policy_store_options *options,
                                struct policy_store **ret);
void policy_store_free(struct policy_store *store);
DEFINE_CLEANUP(struct policy_store, policy_store_free)

// `trigger`: "start", "signal", "file", "bus"; `who` may be NULL. 0; −EINVAL if it was refused.
must_check int policy_store_load(struct policy_store *store, const char *trigger,
                                 const struct bus_person *who);
// Records the policy in force with its full text, unless that stands in the file that began with
// row `month` already: each month's file explains itself.
void policy_store_restate(struct policy_store *store, uint64_t month);

// NULL if none was ever good since the start.
const struct policy *policy_store_get(const struct policy_store *store);
// Mistakes in the files as they are now; 0 while the policy in force is what stands there.
size_t policy_store_mistakes(const struct policy_store *store);
uint64_t policy_store_loaded_ns(const struct policy_store *store);
