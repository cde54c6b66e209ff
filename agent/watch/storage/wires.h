// SPDX-License-Identifier: GPL-3.0-or-later
// Trip wires: says soon that something of the storage changed, so that somebody looks. mountinfo
// and swaps; files, also when they are replaced; the rights of folders and of those on the way to
// them, which may come and go. What is written in a folder trips nothing.
#pragma once

#include "base/util.h"

#include <systemd/sd-event.h>

struct wires;

struct wires_options {
    sd_event *event;
    int proc;                 // borrowed for the call
    const char *const *files; // absolute paths; borrowed for the call
    size_t n_files;
    void (*tripped)(void *context);
    void *context;
};
must_check int wires_new(const struct wires_options *options, struct wires **ret);
void wires_free(struct wires *wires);
DEFINE_CLEANUP(struct wires, wires_free)

// Absolute paths, copied. What can't be watched (now) is tried again at each change.
must_check int wires_set_folders(struct wires *wires, char *const folders[], size_t n);
// Watches anew what was replaced or was not there.
void wires_renew(struct wires *wires);
