// SPDX-License-Identifier: GPL-3.0-or-later
// The guard of the USB ports: what is plugged in, what was decided on it, and that the kernel
// agrees. Clauses 4 (5), 5 (4).
#pragma once

#include "daemon/gate-keeper.h"
#include "daemon/recorder.h"
#include "decision/decision.h"

#include <systemd/sd-event.h>

struct usb_guard_options {
    sd_event *event;
    const struct places *places;
    struct recorder *recorder;
    const struct gate_keeper *gate;
};

struct usb_guard;

must_check int usb_guard_new(const struct usb_guard_options *options, struct usb_guard **ret);
void usb_guard_free(struct usb_guard *guard);
DEFINE_CLEANUP(struct usb_guard, usb_guard_free)

// Facts of watch_usb. `fact` stays the caller's.
void usb_guard_on_fact(struct usb_guard *guard, const struct fact *fact);

// A snapshot begins; when it ends, what it did not show is gone.
void usb_guard_begin_snapshot(struct usb_guard *guard);
void usb_guard_end_snapshot(struct usb_guard *guard);

// Enforce has ended: the next decisions open again what it had shut.
void usb_guard_reopen(struct usb_guard *guard);

// Decides on everything plugged in anew.
void usb_guard_reconsider(struct usb_guard *guard);
// The same in a second.
void usb_guard_try_again_soon(struct usb_guard *guard);
// The same, and the ports: the gate has changed.
void usb_guard_on_gate(struct usb_guard *guard);

// The medium on this device may not be used: shut until it is plugged in again.
void usb_guard_refuse(struct usb_guard *guard, const char *sysname, enum reason reason);

// These LUKS containers (a luks_set) are on a medium of this device. What was found since it was
// plugged in stays known.
must_check int usb_guard_identify(struct usb_guard *guard, const char *sysname, const char *luks);

// Somebody at the machine has accepted a keyboard that waits (REASON_ASKED), for this plug.
void usb_guard_accept(struct usb_guard *guard, const char *sysname);

// The screen has been locked or unlocked: what comes from now on is judged by that.
void usb_guard_set_locked(struct usb_guard *guard, bool locked);

bool usb_guard_is_enforcing(const struct usb_guard *guard);

// The machine is about to sleep: storage is shut, and what comes with some stays shut. Then it has
// woken: storage is decided on as if it had just come.
void usb_guard_set_asleep(struct usb_guard *guard, bool asleep);

// The verdict on a device that is plugged in; −ENOENT. *ret->approval is valid until the next
// change of the gate.
must_check int usb_guard_verdict(struct usb_guard *guard, const char *sysname, struct verdict *ret);

// The same as it will be at boot, before the daemon is there to hold a condition.
must_check int usb_guard_verdict_at_boot(struct usb_guard *guard, const char *sysname,
                                         struct verdict *ret);
// Does the running machine die without this device? It is never shut; that it should be is a
// violation.
bool usb_guard_is_vital(const struct usb_guard *guard, const char *sysname);

// Calls back for each device that is plugged in, root hubs left out, in a stable order.
typedef int (*usb_guard_visitor)(void *context, const struct usb_device *device,
                                 const struct verdict *verdict);
must_check int usb_guard_visit(struct usb_guard *guard, usb_guard_visitor visit, void *context);
