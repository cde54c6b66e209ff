// SPDX-License-Identifier: GPL-3.0-or-later
// Keyboards that come at a doubtful moment: a device that poses as a keyboard types what it likes.
#pragma once

#include "decision/decision.h"

// What becomes of an interface that passes by default: REASON_DEFAULT still, REASON_ACCEPTED, or
// why it does not: REASON_ASKED, REASON_FURTHER, REASON_LOCKED.
enum reason caution_apply(const struct gate *gate, const struct host *host,
                          const struct usb_device *device, const struct usb_interface *interface);

// Does somebody's answer, or the lack of one, decide on this reason?
bool caution_is_reason(enum reason reason);
