// SPDX-License-Identifier: GPL-3.0-or-later
// What is plugged in now, one entry a device, bounded.
#pragma once

#include "decision/decision.h"
#include "fact/usb.h"

#include <stdbool.h>
#include <stdint.h>

#define USB_TABLE_MAX 512 // USB itself allows 127 a bus

enum usb_recorded {
    RECORDED_NOTHING,
    RECORDED_ALLOWED,
    RECORDED_BLOCKED,
    RECORDED_OBSERVED, // it would be blocked: nothing was shut
    RECORDED_KEPT,     // it should be shut, but the running system stands on it
};

struct usb_entry {
    struct usb_device *device;  // as last seen
    enum usb_recorded recorded; // the last row about it
    enum reason recorded_reason;
    bool unidentified;  // in that row: which of its approvals holds was not known yet
    bool came_locked;   // it came while the screen was locked
    enum tenant before; // what was let in at its port a moment before it came
    bool marked;        // as the one that is let in at its port
    bool accepted;      // somebody at the machine has accepted it, for this plug
    bool folded;        // it came in a flood: it has no rows of its own
    bool granting;      // the row that allows it is on its way to disk
    bool granted;       // that row is durable
    bool failing;       // the last attempt to open it failed
    bool refused;       // shut until it is plugged in again, because of refused_reason
    enum reason refused_reason;
    bool was_shut; // it was seen unauthorized, or we shut it
    bool settled;  // its interfaces were brought in step since the gate is shut
    bool seen;     // by the running snapshot
    bool aged;     // by an earlier one
};

struct usb_table {
    struct usb_entry *entries[USB_TABLE_MAX];
    struct usb_device *devices[USB_TABLE_MAX]; // the same order: what `struct host` borrows
    size_t n;
};

void usb_table_clear(struct usb_table *table);
struct usb_entry *usb_table_find(const struct usb_table *table, const char *sysname);
// A new entry, or the old one with `device` in it (taken over, always; what was found on it, and
// that it was let in, stays known). NULL: full, or no memory.
struct usb_entry *usb_table_put(struct usb_table *table, struct usb_device *device);
void usb_table_remove(struct usb_table *table, struct usb_entry *entry);
