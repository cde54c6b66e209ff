// SPDX-License-Identifier: GPL-3.0-or-later
// The closed list of root actions on USB devices and media. Every one is idempotent and reads back
// what it wrote; none calls back: the effect returns from the kernel as a new fact. `sys` is a
// descriptor of /sys.
#pragma once

#include "base/util.h"
#include "fact/radio.h"

#include <stdbool.h>
#include <stdint.h>

// Names are the kernel's, and only those: −EINVAL for anything else (fact/usb_name.h). −ENOENT or
// −ENODEV: it is gone. −EIO: the kernel took the value but shows another. −ETIMEDOUT: the kernel
// still waits for the device, and goes on by itself (enforce/bounded.h).
must_check int enforce_usb_authorize(int sys, const char *sysname);
// The same with power/persist = 0 before: after a sleep in which its port lost power, or it was
// swapped, the kernel takes it for a new device (Documentation/driver-api/usb/persist.rst). A
// kernel without that setting does so always.
must_check int enforce_usb_authorize_storage(int sys, const char *sysname);
must_check int enforce_usb_deauthorize(int sys, const char *sysname);
// The port that `sysname` is, or was, plugged into, on or off (Documentation/ABI/testing/
// sysfs-bus-usb, "disable"; Linux 6.0). −ENOENT: the kernel can't.
must_check int enforce_usb_set_port(int sys, const char *sysname, bool enabled);
// interface: "1-2:1.0". Grants it and asks the kernel to probe it.
must_check int enforce_usb_grant_interface(int sys, const char *interface);
// Takes the grant away; the kernel unbinds the driver.
must_check int enforce_usb_refuse_interface(int sys, const char *interface);
// The bus that `sysname` ("1-2.3" or "usb1") is on: interface_authorized_default = 0, read back.
must_check int enforce_usb_shut_interfaces(int sys, const char *sysname);
// The same and authorized_default = 0: for a bus that has just come.
must_check int enforce_usb_shut_bus(int sys, const char *sysname);
// Every bus and the module's parameter: 0 (shut) or the kernel's own defaults (open). A machine
// without USB, and a bus that goes meanwhile, are no errors; continues after others and returns the
// first.
must_check int enforce_usb_shut_defaults(int sys);
must_check int enforce_usb_open_defaults(int sys);
// "gadget.0": takes its driver from it, so that this computer is no USB device any more. −EAGAIN:
// the driver is only just coming, and can't be taken away before its own "add" event.
must_check int enforce_usb_unbind_gadget(int sys, const char *name);
// BLKROSET on a whole disk, which covers its partitions. `dev`: descriptor of /dev; name: "sda".
must_check int enforce_medium_read_only(int dev, const char *name);
// Takes that back; write protection of the hardware stays.
must_check int enforce_medium_writable(int dev, const char *name);
// Writes "change" into the uevent of the disk, of its partitions and of the SCSI nodes beside them:
// udev looks again.
must_check int enforce_medium_reconsider(int sys, const char *name);
// Detaches (MNT_DETACH) what is mounted at this path; −EINVAL if nothing is, or the path is not
// absolute.
must_check int enforce_medium_unmount(const char *mount_point);

// ---- Network -----------------------------------------------------------------------------------

// The link with this index of rtnetlink is set down; −ENODEV: it has gone.
must_check int enforce_link_down(uint32_t index);
// Every default route that goes out by it is taken away, of IPv4 and IPv6, in whichever table. The
// first that could not be is told; −E2BIG: there are more than a look takes.
must_check int enforce_default_routes_remove(uint32_t index);
// It is moved into this network namespace (a descriptor of it), down. −EINVAL: its kind can't be.
must_check int enforce_link_move(uint32_t index, int namespace);
// The radio with this index of rfkill is blocked by software, or no longer. −ENODEV: it has gone;
// −EIO: the kernel says that it is not so. `dev`: descriptor of /dev.
must_check int enforce_radio_set(int dev, uint32_t index, bool blocked);
// The same for all of this type (not RADIO_UNKNOWN), and for those of it that come later; a machine
// without any is no error. −ENOENT, −ENODEV, −ENXIO: the kernel has no rfkill.
must_check int enforce_radio_set_type(int dev, enum radio_type type, bool blocked);
