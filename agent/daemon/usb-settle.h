// SPDX-License-Identifier: GPL-3.0-or-later
// One device of the USB guard: decided, and the kernel and the record brought in step with it.
#pragma once

#include "daemon/usb-guard.h"
#include "daemon/usb-table.h"
#include "decision/flood.h"

#define USB_PORTS_USED_MAX 256

struct usb_guard {
    struct usb_guard_options options;
    struct usb_table table;
    struct flood flood;
    bool locked;             // the screen
    bool asleep;             // the machine, or it is about to: no storage
    uint64_t woke_ns;        // boot time at which it last woke; 0: it has not slept
    sd_event_source *expiry; // the earliest end of a timed approval that is in use
    sd_event_source *again;  // a second attempt at a device that could not be opened
    bool identifying;        // decisions follow from what was just found on a medium
    bool stuck; // a setting could not be put back: not tried again before the next snapshot
    char used[USB_PORTS_USED_MAX][USB_NAME_SIZE]; // ports that stay on; with more, the first goes
    size_t n_used;
    size_t stubborn_ports; // that could not be switched, last time
    char *gadget;          // one that is bound and could not or must not be unbound: it has its row
    bool reopening; // enforce has just ended: what was shut is opened, until a snapshot has shown
                    // all
};

// Is it shut while the machine sleeps? Storage is, but for what the system itself stands on.
bool usb_settle_sleeps(const struct usb_guard *guard, const struct usb_device *device);

// The verdict on a device now; without the agent: as it will be at boot.
void usb_settle_decide(struct usb_guard *guard, const struct usb_entry *entry, bool agent_alive,
                       struct verdict *ret);

// Closing acts come before their row; opening acts that need an approval come after theirs is
// durable.
void usb_settle(struct usb_guard *guard, struct usb_entry *entry);
