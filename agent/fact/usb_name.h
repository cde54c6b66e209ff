// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's names of USB devices and interfaces, read strictly: nothing else may become part of
// a path below /sys.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define USB_NAME_SIZE 32 // the longest: "255-255.255.255.255.255.255", and NUL

struct usb_name {
    char device[USB_NAME_SIZE]; // "usb1" for a root hub, "1-2.3" for what is plugged in
    uint32_t bus;
    bool is_root_hub;
    bool is_interface;     // the text named an interface of `device`:
    uint8_t configuration; // "1-2.3:CONFIGURATION.NUMBER"; "1-0:1.0" belongs to the root hub "usb1"
    uint8_t number;
};

// −EINVAL for anything that the kernel would not have written.
must_check int usb_name_parse(const char *text, struct usb_name *ret);
// The same, but −EINVAL for an interface, or for a device, respectively.
must_check int usb_name_parse_device(const char *text, struct usb_name *ret);
must_check int usb_name_parse_interface(const char *text, struct usb_name *ret);

#define USB_PORT_SIZE (2 * USB_NAME_SIZE + sizeof ":1.0/usb-port")

// The port that a device hangs on, as a folder beside the devices: "1-2:1.0/1-2-port3" is port 3 of
// the hub "1-2", "1-0:1.0/usb1-port2" that of a root hub. −EINVAL: a root hub hangs on none.
must_check int usb_name_port(const struct usb_name *name, char ret[USB_PORT_SIZE]);
