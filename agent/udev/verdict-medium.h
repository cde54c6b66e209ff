// SPDX-License-Identifier: GPL-3.0-or-later
// The answer of usb-verdict about a disk, a partition or a SCSI node that stands on a USB device.
#pragma once

#include "udev/place.h"

struct medium_answer {
    const char *medium; // "open", "hold", "refuse"; "none": no business of the gate's
    bool encrypted;     // "open" for cryptsetup alone: the node stays root's
    bool read_only;     // "open", and the kernel refuses writes
    int error;          // 0, or the errno that made it "hold"
};

// `name`: as the kernel names it ("sda1", "sg0", "0:0:0:0"). Sets the write protection that the
// approval asks for before it answers. Never fails: what cannot be answered is held.
void verdict_medium(const struct place *place, const char *name, struct medium_answer *ret);
