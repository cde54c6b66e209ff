// SPDX-License-Identifier: GPL-3.0-or-later
// Where usb-verdict finds itself: the machine's folders, the gate in force, and whether the daemon
// is there. In the initramfs, in the running system, or in a test's made-up tree.
#pragma once

#include "base/util.h"
#include "policy/gate.h"

#include <stdbool.h>

#define PLACE_OPENED "opened" // in /run/sekisho: an administrator opened the gate by hand

struct place {
    int root;       // /, or what --root names
    int sys;        // /sys
    int run;        // /run/sekisho, made if it is missing; −1 if that is not possible
    bool initramfs; // before the root file system is there
    bool agent_alive;
    bool screen_locked; // as the daemon says, while it lives
    struct gate *gate;  // the fallback where no gate file can be read
};

// `initramfs`: of the gate's approvals only those of the disks that the system starts from are left
// (etc/sekisho/root-disks, written by the hook), and the mode is enforce wherever the kernel starts
// shut: there nobody else would open for the keyboard. While the daemon is away the mode is observe
// where somebody opened the gate by hand, at the boot menu (usbcore.authorized_default=1) or by
// verdict_open_all(), and the daemon has not shut it since.
must_check int place_open(const char *root, bool initramfs, struct place *ret);
void place_close(struct place *place);

// Leaves of the gate's approvals only the plain ones of the devices whose identities stand in this
// file, one a line; none of them after an error.
must_check int place_narrow(struct place *place, const char *root_disks);

// Does the running machine die without this USB device? It is never shut here either.
bool place_needs(const struct place *place, const char *usb);
