// SPDX-License-Identifier: GPL-3.0-or-later
// One guard on its way from observe to enforce and back: on trial for 60 s, then, confirmed,
// installed for the next boot.
#pragma once

#include "daemon/mode-guard.h"

struct mode_change;

struct mode_change_options {
    const struct mode_keeper_options *keeper; // stays valid
    enum guard guard;
    const struct mode_guard *functions;
    enum gate_mode mode; // of the last run
    // Writes it to the mode file, for the next boot.
    int (*write)(void *context, enum guard guard, enum gate_mode mode);
    void *context;
};

must_check int mode_change_new(const struct mode_change_options *options, struct mode_change **ret);
void mode_change_free(struct mode_change *change);

// As of mode-keeper.h.
void mode_change_start(struct mode_change *change);
void mode_change_restate(struct mode_change *change);
void mode_change_mend(struct mode_change *change);
enum gate_mode mode_change_get(const struct mode_change *change);
bool mode_change_is_installed(const struct mode_change *change);

bool mode_change_is_on_trial(const struct mode_change *change);
bool mode_change_is_under_way(const struct mode_change *change); // on trial or being installed
bool mode_change_has_failed(const struct mode_change *change);   // the last one
uint64_t mode_change_deadline_ns(const struct mode_change *change);
// "done", "trial", "installing"
const char *mode_change_state(const struct mode_change *change);

// From observe only. −errno and a sentence: enforce would lock the owner out.
must_check int mode_change_may_begin(struct mode_change *change, char **ret_why);
must_check int mode_change_begin(struct mode_change *change, bool unattended,
                                 const struct bus_person *who);
// On trial only. −EACCES and a sentence: not in this way.
must_check int mode_change_confirm(struct mode_change *change, const struct bus_person *who,
                                   char **ret_why);
// Back to observe from whatever it is, with the outcome in the row.
void mode_change_end(struct mode_change *change, const char *outcome, const struct bus_person *who);
