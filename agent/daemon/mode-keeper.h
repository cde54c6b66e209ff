// SPDX-License-Identifier: GPL-3.0-or-later
// The mode of each guard, observe or enforce, in a file of its own. Entering enforce is tried out
// first and falls back unless a person confirms in the way that shows that the machine can still be
// used; only then is it installed for the next boot, and kept.
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"
#include "daemon/unit-job.h"
#include "policy/guard.h"

#include <json-c/json.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

struct bus_person;
struct mode_keeper;

struct mode_keeper_options {
    sd_event *event;
    sd_bus *bus; // NULL: no service manager, enforce can't be entered
    const struct places *places;
    struct recorder *recorder;          // NULL until mode_keeper_start()
    bool observe;                       // --observe
    void (*usb_changed)(void *context); // the USB guard's mode in force is another one
    // The network guard's is: has the firewall follow it. `done` is told how that went.
    int (*network_changed)(void *context, unit_job_done done, void *whom, struct unit_job **ret);
    // Its enforce is there for good.
    void (*network_kept)(void *context);
    // Would the machine still run, and boot, with USB enforced? −errno and a sentence if not.
    int (*may_enforce_usb)(void *context, char **ret_why);
    void *context;
};

must_check int mode_keeper_new(const struct mode_keeper_options *options, struct mode_keeper **ret);
void mode_keeper_free(struct mode_keeper *keeper);
DEFINE_CLEANUP(struct mode_keeper, mode_keeper_free)

// Once rows can be written: takes back an attempt to enter enforce that was cut off, and mends what
// is installed.
void mode_keeper_start(struct mode_keeper *keeper, struct recorder *recorder);
// Records the modes in force: each month's file says in which ones it began.
void mode_keeper_restate(struct mode_keeper *keeper);
// In enforce: what the next boot needs is there, or is put back and recorded as agent.tampered.
void mode_keeper_mend(struct mode_keeper *keeper);

// What is in force now, a trial included.
enum gate_mode mode_keeper_get(const struct mode_keeper *keeper, enum guard guard);
// Enforce, and for the next boot too: neither on trial nor being installed.
bool mode_keeper_is_installed(const struct mode_keeper *keeper, enum guard guard);

// guard: its name, or "all": then all of them or none. −EINVAL unknown, −EBUSY a change is under
// way, −EACCES (also: enforce would lock the owner out), −ENOTCONN; *ret_why is a sentence then. 0:
// begun or done; *ret_answer says which: {"state": "done"|"trial"|"installing", "mode",
// "deadline_ns", "guards": {GUARD: the same three}}; "state" is that of the guard that is furthest
// from done.
must_check int mode_keeper_set(struct mode_keeper *keeper, const char *guard, const char *mode,
                               bool unattended, const struct bus_person *who,
                               json_object **ret_answer, char **ret_why);
// Ends the trials that `who` may end; *ret_answer as above, of all that were on trial. −EACCES:
// none of them; −ENOENT: nothing to confirm.
must_check int mode_keeper_confirm(struct mode_keeper *keeper, const struct bus_person *who,
                                   json_object **ret_answer, char **ret_why);

// The members "mode", "mode_changes", "pending_confirmation", "transition" of the status document.
void mode_keeper_describe(const struct mode_keeper *keeper, json_object *status);
