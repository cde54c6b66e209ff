// SPDX-License-Identifier: GPL-3.0-or-later
// What was let in at each port last: said by the daemon, read by usb-verdict and by the daemon
// itself when the next device comes there. One small file a port below ports/ in /run/sekisho,
// where only root writes.
//
// A device that shows other descriptors after a reset has gone and come back within a moment, as
// far as the kernel is concerned: a new device, at a speed at which nobody changes plugs.
#pragma once

#include "fact/usb.h"

#define TENANT_MOMENT_NS UINT64_C(2000000000)

// What was let in at the port of a device within a moment before it came.
enum tenant {
    TENANT_NONE,    // nothing, or the same model
    TENANT_OTHER,   // a device with other numbers
    TENANT_CHANGED, // one with the same vendor and product, and other descriptors
};

// All take a descriptor of /run/sekisho; a device whose port the kernel does not name is nobody's
// tenant.

// left_ns: boot time at which it left; 0: it is there.
must_check int tenant_set(int run, const struct usb_device *device, uint64_t left_ns);
// What can't be read says nothing. `now_ns`: boot time; `watched`: the daemon lives, and would have
// said when something left.
enum tenant tenant_before(int run, const struct usb_device *device, uint64_t now_ns, bool watched);

// At the start of the daemon those that it left there, since nobody has watched when they left; and
// all, before sleep, in which plugs are changed. Both continue after errors and return the first.
must_check int tenant_forget_present(int run);
must_check int tenant_forget_all(int run);
