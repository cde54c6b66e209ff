// SPDX-License-Identifier: GPL-3.0-or-later
// The ports of all hubs that the kernel can switch off (Documentation/ABI/testing/sysfs-bus-usb,
// "disable"; Linux 6.0).
#pragma once

#include "watch/usb/sysfs.h"

// In /run/sekisho: the daemon has switched ports off.
#define USB_PORTS_MARK "ports-off"

// Each by the name that a device in it has: "1-2.3". −ENOENT: no USB.
must_check int usb_ports_list(int sys, struct usb_names *ret);
