// SPDX-License-Identifier: GPL-3.0-or-later
// This computer as a USB device of another one: what it would offer there leaves past the gate.
#pragma once

#include "daemon/usb-settle.h"

// `seen`: path is the gadget's name, value its driver, NULL while it has none.
void usb_gadgets_on_seen(struct usb_guard *guard, const struct usb_setting *seen);
