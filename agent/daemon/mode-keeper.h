// SPDX-License-Identifier: GPL-3.0-or-later
// The mode, observe or enforce, in a file of its own. Entering enforce is tried out first and falls
// back unless a person confirms at this machine's own keyboard; only then is it installed for the
// next boot, verified, and kept.
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"
#include "policy/gate.h"

#include <json-c/json.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

struct bus_person;
struct mode_keeper;

struct mode_keeper_options {
    sd_event *event;
    sd_bus *bus; // NULL: no service manager, enforce can't be entered
    const struct places *places;
    struct recorder *recorder;      // NULL until mode_keeper_start()
    bool observe;                   // --observe
    void (*changed)(void *context); // the effective mode is another one
    // Would the machine still run, and boot, in enforce? −errno and a sentence if not.
    int (*may_enforce)(void *context, char **ret_why);
    void *context;
};

must_check int mode_keeper_new(const struct mode_keeper_options *options, struct mode_keeper **ret);
void mode_keeper_free(struct mode_keeper *keeper);
DEFINE_CLEANUP(struct mode_keeper, mode_keeper_free)

// Once rows can be written: takes back an attempt to enter enforce that was cut off, and mends what
// is installed.
void mode_keeper_start(struct mode_keeper *keeper, struct recorder *recorder);
// Records the mode in force: each month's file says in which one it began.
void mode_keeper_restate(struct mode_keeper *keeper);
// In enforce: what the next boot needs is there, or is put back and recorded as agent.tampered.
void mode_keeper_mend(struct mode_keeper *keeper);

// What is in force now, a trial included.
enum gate_mode mode_keeper_get(const struct mode_keeper *keeper);
// Enforce, and for the next boot too: neither on trial nor being installed.
bool mode_keeper_is_installed(const struct mode_keeper *keeper);

// guard: "usb" or "all". −EINVAL unknown, −EBUSY a change is under way, −EACCES (also: enforce
// would lock the owner out), −ENOTCONN; *ret_why is a sentence then. 0: begun or done; *ret_answer
// says which: {"state": "done"|"trial"|"installing", "deadline_ns"}.
must_check int mode_keeper_set(struct mode_keeper *keeper, const char *guard, const char *mode,
                               bool unattended, const struct bus_person *who,
                               json_object **ret_answer, char **ret_why);
// Ends the trial. −EACCES: not from this machine's own keyboard; −ENOENT: nothing to confirm.
must_check int mode_keeper_confirm(struct mode_keeper *keeper, const struct bus_person *who,
                                   json_object **ret_answer, char **ret_why);

// {"usb": "enforce"}, and the members "pending_confirmation", "transition" of the status document.
void mode_keeper_describe(const struct mode_keeper *keeper, json_object *status);
