// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what a USB device says of itself: its device descriptor, followed by all of its
// configurations, as /sys/bus/usb/devices/*/descriptors holds them (USB 2.0, chapter 9). The bytes
// come from the device and are believed in nothing.
#pragma once

#include "fact/usb.h"

// The longest that the kernel hands out: eight configurations of 65,535 bytes (USB_MAXCONFIG).
#define USB_DESCRIPTORS_MAX (18 + 8 * 65535)

// Fills in vendor, product, release, class, subclass, protocol, interfaces, and the hash; or
// `malformed`, with no interfaces and an all-zero hash, when the bytes contradict themselves or
// each other. Stricter than the kernel, which skips what it does not understand: what passes here
// has one reading only, so the kernel's is the same. What was there before is replaced. 0 or
// −ENOMEM.
//
// The hash names the model: SHA-256 over, in this order (numbers little-endian):
//     "sekisho-usb-model-1" and a zero byte
//     idVendor, idProduct, bcdDevice                            2 bytes each
//     bDeviceClass, bDeviceSubClass, bDeviceProtocol            1 byte each
//     for each different interface, in ascending order:
//         bInterfaceNumber, bInterfaceClass, bInterfaceSubClass, bInterfaceProtocol
// It is the same on each port and at each speed, after sleep, and authorized or not:
// - bcdUSB, packet sizes, endpoints, power and the companion descriptors of SuperSpeed differ
//   between a USB 2 and a USB 3 port, and are left out.
// - So do alternate settings (bandwidths of audio and video) and the number of configurations: an
//   interface counts once, wherever it stands.
// - Many disks offer UAS beside bulk-only storage in a USB 3 port alone: protocol 0x62 of SCSI
//   storage counts as 0x50. Both read the same bytes of the same medium.
// - A hub's protocol says at which speed it runs, and how many translators it has: it counts as 0.
// - String indexes may move, and the strings themselves are part of the identity or of no weight.
must_check int usb_descriptors_parse(const void *data, size_t length, struct usb_device *device);
