// SPDX-License-Identifier: GPL-3.0-or-later
// On what a place lies, layer below layer, down to the disks. A layer is an object with "layer"
// (what it is), its name, and "on": the layers that it stands on, each of which holds some of the
// content.
//
//   folder   a place in a file system: "path", "fscrypt"; on its mount
//   mount    "point", "type", "source"; on block devices, or on folders (overlay, FUSE)
//   block    "name", "uuid" and "mapping" of device-mapper, "level" of a RAID, "file" of a loop
//   disk     the bottom
//   memory   also a bottom, which is never on a disk; swappable: … but where swap is
//   remote   another machine's file system
//   unknown  nobody can tell: "error"
#pragma once

#include "watch/storage/survey.h"

// The place itself: folder, mount, devices.
void chain_add_place(struct survey *survey, json_object *list, const char *path, unsigned depth);
void chain_add_mount(struct survey *survey, json_object *list, const struct mountinfo_line *mount,
                     unsigned depth);
// A device's node, "/dev/mapper/x".
void chain_add_node(struct survey *survey, json_object *list, const char *path, unsigned depth);
void chain_add_number(struct survey *survey, json_object *list, uint64_t number, unsigned depth);
// By the kernel's name: "dm-0".
void chain_add_block(struct survey *survey, json_object *list, const char *name, unsigned depth);
// Each device that a folder of sysfs has a link to, in the order of their names. Their number, or
// −errno.
must_check int chain_add_entries(struct survey *survey, json_object *list, const char *folder,
                                 unsigned depth);

#define CHAIN_DEPTH_MAX 11 // two levels each of the 32 that a document may have
