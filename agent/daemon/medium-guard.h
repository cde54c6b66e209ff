// SPDX-License-Identifier: GPL-3.0-or-later
// The guard of what is on approved devices: read-only ones stay read-only, encrypted ones hold
// nothing readable, and what is mounted is recorded. Clauses 5 (4), 5 (6), 7.
#pragma once

#include "daemon/gate-keeper.h"
#include "daemon/usb-guard.h"
#include "watch/watch.h"

struct medium_guard_options {
    const struct places *places;
    struct recorder *recorder;
    const struct gate_keeper *gate;
    struct usb_guard *usb;
};

struct medium_guard;

must_check int medium_guard_new(const struct medium_guard_options *options,
                                struct medium_guard **ret);
void medium_guard_free(struct medium_guard *guard);
DEFINE_CLEANUP(struct medium_guard, medium_guard_free)

// The state of watch_medium, once it runs: whom to ask for a look at a medium.
void medium_guard_set_watch(struct medium_guard *guard, void *watch_state);
// The mode is another one, and the gate file says so already: in observe everything is given back
// as the machine itself would treat it; in enforce everything is looked at anew, and what observe
// let is taken.
void medium_guard_on_mode(struct medium_guard *guard);
// Facts of watch_medium. `fact` stays the caller's.
void medium_guard_on_fact(struct medium_guard *guard, const struct fact *fact);
