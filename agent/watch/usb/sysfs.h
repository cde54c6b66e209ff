// SPDX-License-Identifier: GPL-3.0-or-later
// A USB device as the kernel shows it below /sys/bus/usb/devices. Reading changes nothing and wakes
// nothing.
#pragma once

#include "fact/usb.h"

// More devices than the kernel's addresses allow on 32 buses are not looked at.
#define USB_DEVICES_MAX 4096

// `sys`: descriptor of /sys; sysname: "1-2.3" or "usb1". −EINVAL: no such name can be; −ENOENT or
// −ENODEV: it is not (or no longer) there. Descriptors that can't be read in full make it
// malformed.
must_check int usb_sysfs_read(int sys, const char *sysname, struct usb_device **ret);

// Names of all devices, root hubs first, or of all interfaces of one device ("1-2:1.0", …): sorted.
struct usb_names {
    char **items;
    size_t n;
};
void usb_names_clear(struct usb_names *names);
// Appends a copy.
must_check int usb_names_add(struct usb_names *names, const char *text);
must_check int usb_sysfs_list(int sys, struct usb_names *ret);
must_check int usb_sysfs_list_interfaces(int sys, const char *sysname, struct usb_names *ret);

struct usb_devices {
    struct usb_device **items;
    size_t n;
};
void usb_devices_clear(struct usb_devices *devices);
// This device and all others, without the root hubs, which no verdict on another device depends on.
// Those that vanish meanwhile are left out.
must_check int usb_sysfs_read_beside(int sys, const char *sysname, struct usb_devices *ret);
