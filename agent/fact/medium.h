// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of a block device that lives on a USB device, and of what is mounted.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

// What a look at every byte that could hold a file system has found.
enum medium_content {
    MEDIUM_UNCHECKED, // nobody has looked yet
    MEDIUM_EMPTY,     // no medium, or nothing but zeros: nothing to be used before it is LUKS
    MEDIUM_ENCRYPTED, // each partition is LUKS, and all else is empty
    MEDIUM_PLAIN, // something readable without a key: a file system, a partition, bytes in a free
                  // area
    MEDIUM_UNREADABLE,
    MEDIUM_CONTENT_MAX,
};
const char *medium_content_to_str(enum medium_content content);
must_check int medium_content_from_str(const char *text, enum medium_content *ret);

// One whole disk (a LUN); its partitions are looked at as part of it.
struct medium {
    char *node;        // "/dev/sda"
    char *sysname;     // "sda"
    char *usb;         // sysname of the USB device it lives on: "1-2"
    uint64_t number;   // dev_t
    uint64_t sequence; // diskseq: never the same for two media
    uint64_t size;     // bytes
    bool read_only;    // as the kernel says now
    enum medium_content content;
    char *finding; // words for people: "partition 2 is ext4", "bytes at 1048576 outside of any
                   // partition"
    char *luks;    // MEDIUM_ENCRYPTED: its containers, a luks_set
};
void medium_free(struct medium *medium);
DEFINE_CLEANUP(struct medium, medium_free)

struct mount {
    uint64_t number; // dev_t of the mounted file system
    char *source;    // "/dev/mapper/luks-…"
    char *point;     // the very bytes, as unmounting needs them: escape before showing or recording
    char *type;      // "ext4"
    bool read_only;
    char *usb;          // USB device at the bottom of the stack, NULL if none
    char *disk;         // whole disk at the bottom, "sda", NULL if none
    bool through_crypt; // a dm-crypt device stands between
    bool gone;          // it was unmounted
    bool again;         // told before: a snapshot says what still holds
};
void mount_free(struct mount *mount);
