// SPDX-License-Identifier: GPL-3.0-or-later
// The moment in which a device comes, and ports at which that happens too often.
#pragma once

#include "daemon/usb-settle.h"

// `entry` has just come.
void usb_plugs_note(struct usb_guard *guard, struct usb_entry *entry);

// It came and was gone before anybody could look at it.
void usb_plugs_note_missed(struct usb_guard *guard, const struct usb_device *gone);

// It is let in, and its port known as its own, so that what comes after it is compared with it.
void usb_plugs_note_let_in(struct usb_guard *guard, struct usb_entry *entry);
// It has gone.
void usb_plugs_note_gone(struct usb_guard *guard, const struct usb_entry *entry);
// The machine is about to sleep, or has woken: plugs are changed meanwhile.
void usb_plugs_note_sleep(struct usb_guard *guard, bool asleep);

// Ports that have been quiet for long enough are switched on again.
void usb_plugs_end_floods(struct usb_guard *guard);
