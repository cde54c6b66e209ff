// SPDX-License-Identifier: GPL-3.0-or-later
// What a block device stands on, read from sysfs: the disk of a partition, the slaves of a mapping,
// the USB device at the bottom. `sys` is a descriptor of /sys.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

// The folder behind a link below /sys ("class/block/sda1", "class/scsi_generic/sg0"), relative to
// /sys: "devices/pci0000:00/…/block/sda/sda1". −ENODEV if there is none.
must_check int stack_resolve(int sys, const char *link, char **ret_path);

// The USB device above a folder: "1-2.3". −ENODEV if there is none: it is no business of ours.
must_check int stack_usb_of(int sys, const char *path, char **ret_usb);

// The whole disk that a block device's path or event belongs to: "sda" for
// "/devices/…/block/sda/sda1". −EINVAL if the path is none of a block device.
must_check int stack_disk_of(const char *path, char **ret_disk);

// Told of each USB disk below, once for each way down to it; borrowed. Other than 0 ends the walk
// and is what stack_visit() answers.
typedef int (*stack_visitor)(void *context, const char *disk, const char *usb, bool through_crypt);

// Follows a block device down every way. −ELOOP: too deep, or in a circle; what was found was told.
must_check int stack_visit(int sys, uint64_t number, stack_visitor visit, void *context);

struct stack {
    char *disk;         // whole disk at the bottom, "sda"
    char *usb;          // the USB device it lives on
    bool through_crypt; // on every way down to such a disk stands a LUKS mapping
};
void stack_clear(struct stack *stack);

// Follows a block device down to the first USB disk. −ENODEV: no way ends on USB.
must_check int stack_read(int sys, uint64_t number, struct stack *ret);
