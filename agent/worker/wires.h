// SPDX-License-Identifier: GPL-3.0-or-later
// Trip wires: files, folders, tables of the kernel and a process whose change says that somebody
// should look. inotify is of what has a name now; what is replaced, mounted over or was not there
// is watched anew by wires_renew(), which belongs before each look: what changes from there on
// trips again, so that nothing is lost between two wires.
#pragma once

#include "base/util.h"

#include <systemd/sd-event.h>

#define WIRES_MAX 512 // what is beyond them, the regular look sees

struct wires;

// `tripped` is called for each change: it is for the caller to take several together.
must_check int wires_new(sd_event *event, void (*tripped)(void *context), void *context,
                         struct wires **ret);
void wires_free(struct wires *wires);
DEFINE_CLEANUP(struct wires, wires_free)

// Absolute paths, copied; they need not exist. Beyond WIRES_MAX they are left out. −ENOMEM.
// A file or folder; of a folder any of its entries, too.
must_check int wires_add_path(struct wires *wires, const char *path);
// A file, also when it is replaced or comes back at once.
must_check int wires_add_file(struct wires *wires, const char *path);
// A folder and each on the way to it: their rights, and that they come, go or are replaced. What is
// written in it trips nothing.
must_check int wires_add_place(struct wires *wires, const char *path);
// No path is watched any longer.
void wires_forget_paths(struct wires *wires);

// A file that the kernel marks by EPOLLPRI when it changes: mountinfo, swaps. One that can't be
// waited for is none of ours, and no failure. Below `proc`, a descriptor that is borrowed.
must_check int wires_add_table(struct wires *wires, int proc, const char *path);

// A process whose end trips; takes the pidfd in any case. It replaces the one before; −1: none.
must_check int wires_set_process(struct wires *wires, int process);

void wires_renew(struct wires *wires);
