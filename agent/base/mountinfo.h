// SPDX-License-Identifier: GPL-3.0-or-later
// What is mounted where, as /proc/self/mountinfo tells it (proc(5)).
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define MOUNTINFO_MAX (64u << 20)

// One line: "36 35 98:0 /root /point rw,noatime … - ext4 /dev/x rw". All texts are borrowed from
// it; those of names are as they are, not as the kernel writes them.
struct mountinfo_line {
    uint64_t id, parent; // of the mount and of the one that it stands on
    uint64_t number;     // of the device, as makedev() makes it
    const char *root;    // what of the file system is mounted
    const char *point, *options, *type, *source;
    const char *super_options; // still as the kernel writes them: mountinfo_option() reads one
};

struct mountinfo {
    struct mountinfo_line *items;
    size_t n;
    char *text;
};
void mountinfo_clear(struct mountinfo *info);

// Cuts one line in place. −EBADMSG: the kernel would not have written it.
must_check int mountinfo_cut(char *line, struct mountinfo_line *ret);
// Takes `text`, in any case.
must_check int mountinfo_parse(char *text, struct mountinfo *ret);
must_check int mountinfo_read(int proc, struct mountinfo *ret);

// The mount that a path without symlinks lies on, as the kernel goes down to it: what another mount
// hides is not found. NULL: the table does not tell.
const struct mountinfo_line *mountinfo_find(const struct mountinfo *info, const char *path);

// Does `path` lie below `folder`, and is it not the folder itself?
bool mountinfo_is_inside(const char *path, const char *folder);

// Is there such a word between the commas ("ro")?
bool mountinfo_has_option(const char *options, const char *option);
// The value of the option `key` ("lowerdir" of "rw,lowerdir=/a"); of several the one with this
// index. −ENOENT: there is none.
must_check int mountinfo_option(const char *options, const char *key, size_t index, char **ret);

// Undoes, in place, what the kernel does to names in /proc: space, tab, newline and backslash as
// \ooo.
void mountinfo_unescape(char *text);

// "8:1", as sysfs and mountinfo write a device's number. −EINVAL, −ERANGE.
must_check int mountinfo_parse_number(const char *text, uint64_t *ret);
