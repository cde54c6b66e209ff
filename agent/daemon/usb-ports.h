// SPDX-License-Identifier: GPL-3.0-or-later
// Ports that the policy does not name are switched off while nothing is in them.
#pragma once

#include "daemon/usb-settle.h"

// Something that may pass is in this port: it stays on until the daemon ends, so that a keyboard
// that is pulled works again at its place.
void usb_ports_note_use(struct usb_guard *guard, const char *sysname);

// Switches ports off, and on again where that has ended. A hub that has only just come is left
// alone: the kernel may not have seen yet what is plugged into it.
void usb_ports_settle(struct usb_guard *guard);
