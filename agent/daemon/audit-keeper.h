// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps auditing as the policy wants it: the rules in the kernel and in rules.d, the kernel's own
// switch, and auditd. Looks at the start, when policy or mounts change, each minute, and when it is
// told that somebody changed something. Clauses 5 (6), 5 (10), 7.
//
// Rows:
//   agent.tampered  "audit rules": found "missing" or "overruled"; "auditing": found "off";
//                   "audit loss counter". Outcome restored, failed or reset
//   posture.failed  "audit rules", outcome: "locked" (takes effect after a reboot), "no folder",
//                   "too many", "no tasks", "failed", "unchecked"; "audit backlog": "nearly full";
//                   "audit of io_uring": "unsupported"
//   posture.ok      what was not in order is again
//   agent.gap       auditd is not running, or has suspended writing (outcomes "begun" and "ended"),
//                   or the kernel dropped records ("lost"); auditing was switched off, or rules
//                   were missing ("ended"). All have the source "audit"
#pragma once

#include "daemon/options.h"
#include "daemon/policy-store.h"
#include "daemon/recorder.h"
#include "daemon/usb-guard.h"

#include <systemd/sd-event.h>

struct audit_keeper_options {
    sd_event *event;
    const struct places *places;
    struct recorder *recorder;
    const struct policy_store *policy;
    const struct usb_guard *usb;
    bool live; // false: a made-up tree, and the kernel's auditing is nobody's business
};

struct audit_keeper;

must_check int audit_keeper_new(const struct audit_keeper_options *options,
                                struct audit_keeper **ret);
void audit_keeper_free(struct audit_keeper *keeper);
DEFINE_CLEANUP(struct audit_keeper, audit_keeper_free)

// At the start, once the policy is loaded, and each minute.
void audit_keeper_look(struct audit_keeper *keeper);
// auditd's log says that it writes again.
void audit_keeper_note_resumed(struct audit_keeper *keeper);
// As audit_health_trouble(); NULL too where auditing is nobody's business.
const char *audit_keeper_trouble(const struct audit_keeper *keeper, uint64_t *ret_since_ns);
// Something may have changed. Soon, and not now: many things change together.
void audit_keeper_look_soon(struct audit_keeper *keeper);
// Somebody has changed rules. Once he is through with it: who loads all of them anew takes no harm
// of ours, and the trail says from the audit log how long they were out.
void audit_keeper_rules_changed(struct audit_keeper *keeper);
