// SPDX-License-Identifier: GPL-3.0-or-later
// What of the running system stands on USB: its own file systems and its swap, through partitions,
// LUKS, LVM and RAID. To shut such a disk locks the owner out, or ends the machine.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stddef.h>

#define SWAPS_MAX (1u << 20) // bytes of /proc/swaps

struct foothold {
    char *usb;  // the device with the disk: "1-2.3"
    char *what; // a mount point, "/", or "swap"
    bool vital; // without it the machine dies: /, /usr, /var and swap
};

struct footing {
    struct foothold *items;
    size_t n;
};
void footing_clear(struct footing *footing);

// `sys`, `proc`, `dev`: descriptors of those folders.
must_check int footing_read(int sys, int proc, int dev, struct footing *ret);

// Does the running machine die without this USB device, a disk or a hub on the way to one? What
// can't be read is answered with no: the gate does not stay open for want of an answer.
bool footing_is_vital(int sys, int proc, int dev, const char *usb);

// Is `usb` the device `disk` itself, or a hub that it hangs on? "1-2" is above "1-2.3".
bool footing_is_above(const char *usb, const char *disk);
