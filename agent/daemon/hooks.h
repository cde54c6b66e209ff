// SPDX-License-Identifier: GPL-3.0-or-later
// What the parts call when something has happened: it is handed on to those whom it concerns. The
// context is always the agent.
#pragma once

#include "daemon/unit-job.h"
#include "fact/fact.h"

// A watch has seen something. Takes the fact; NULL is none.
void hook_fact(void *context, struct fact *fact);
// A row is durable.
void hook_recorded(void *context, uint64_t sequence, const struct fact *fact);
// A new month's file has begun with the row `first`.
void hook_month(void *context, uint64_t first);
// And no row that changes a register is on its way since then.
void hook_settled(void *context);
// The ledger answered: perhaps it can be written again. If its rows could not be read at the start,
// they can now, and the agent begins anew with them.
void hook_answered(void *context);
// Policy or register are another one: the gate is compiled from what is in force now, and
// everything plugged in decided on anew.
void hook_changed(void *context);
// Nobody has answered an alert for as long as the policy says: it is told again.
struct alert;
void hook_remind(void *context, const struct alert *alert);
// The one in force; NULL: none is.
const struct policy *hook_policy(void *context);
// The policy is, which the initramfs holds a part of.
void hook_policy_changed(void *context);
// What the network guard goes by is, policy, permits or mode: it and the firewall follow.
void hook_network_changed(void *context);
// The register of operators is, or the policy: who may log in follows.
void hook_operators_changed(void *context);
// For the trail: is that person no handler of the folder, and is there a row of that refusal?
bool hook_is_stranger(void *context, uint32_t uid, const char *login, const char *folder);
bool hook_is_for_emergencies(void *context, const char *account); // operators.break_glass
bool hook_is_told(void *context, uint32_t pid, const char *account, uint64_t wall_ns);
// What the machine's set-up is judged by is: it is looked at anew.
void hook_health_changed(void *context);
// The USB guard's mode is.
void hook_usb_mode_changed(void *context);
// The network guard's mode is: has the firewall loaded, or taken away, by what the files say now.
// `done` is told how it went. −ENOTCONN: there is no service manager.
must_check int hook_network_mode_changed(void *context, unit_job_done done, void *whom,
                                         struct unit_job **ret);
// Would enforce of the USB guard leave the machine usable? −errno and a sentence if not.
must_check int hook_may_enforce_usb(void *context, char **ret_why);
