// SPDX-License-Identifier: GPL-3.0-or-later
// Is the file there? Seen by root's eyes, without following a symlink, and never on a file system
// that could keep the agent waiting.
#pragma once

#include "base/mountinfo.h"

#include <json-c/json.h>

struct erase_look {
    int root; // the machine's own, also where the agent has a made-up one: it is the caller's path
    struct mountinfo mounts;
};
must_check int erase_look_begin(struct erase_look *ret);
void erase_look_end(struct erase_look *look);

enum erase_sight {
    ERASE_THERE,   // this very inode, a regular file
    ERASE_ABSENT,  // no such name, or another file under it
    ERASE_UNKNOWN, // it can't be looked at
};
// Of a LUKS container, in a file or on a device: there is one of this UUID under this very inode,
// or its headers are not there. As below.
enum erase_sight erase_look_at_container(const struct erase_look *look, const char *path,
                                         uint64_t inode, const char *uuid, uint32_t *ret_owner);
// `path` as text_escape() writes it. *ret_owner is set where it is there.
enum erase_sight erase_look_at(const struct erase_look *look, const char *path, uint64_t inode,
                               uint32_t *ret_owner);
