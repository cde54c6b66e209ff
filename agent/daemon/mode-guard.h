// SPDX-License-Identifier: GPL-3.0-or-later
// What is a guard's own when its mode changes. What is every guard's, from the trial to the row,
// is mode-change.c's. A guard is one file and one exported symbol.
#pragma once

#include "daemon/mode-keeper.h"
#include "daemon/unit-job.h"

struct mode_guard {
    // `options` stay valid. `done` is told how install() ended if that was under way, and also that
    // enforce does not work after all, while it is entered.
    int (*new)(const struct mode_keeper_options *options, unit_job_done done, void *context,
               void **ret_state);
    void (*free)(void *state); // takes NULL

    // Would the machine still run, and boot, in enforce? −errno and a sentence if not. NULL: it
    // would.
    int (*may_enforce)(void *state, char **ret_why);
    // Shuts what has to be shut before the mode counts; nothing of it outlasts a boot. NULL:
    // nothing.
    int (*enter)(void *state);
    // This mode is in force now.
    int (*changed)(void *state, enum gate_mode mode);
    // Does what a confirmation shows that the machine still works? `where` is the sentence if not.
    bool (*may_confirm)(void *state, const struct bus_person *who);
    const char *where; // N_()
    // For the next boot too, the mode file aside. 0: done; 1: it is under way.
    int (*install)(void *state);
    // Enforce is there for good: no trial, nothing under way. NULL: nothing.
    void (*kept)(void *state);
    // Takes back what enter() and install() did; logs what it can't. NULL: nothing.
    void (*leave)(void *state);
    // In enforce: what the next boot needs is there, or is put back. NULL: nothing is needed.
    void (*mend)(void *state);
};

extern const struct mode_guard mode_usb, mode_network;
