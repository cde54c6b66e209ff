// SPDX-License-Identifier: GPL-3.0-or-later
// Tells when somebody writes to an attribute of /sys: user space's writes raise inotify events
// there, the kernel's own changes do not. No polling; nothing wakes while nobody writes.
#pragma once

#include "base/util.h"

#include <systemd/sd-event.h>

#define TRIPWIRES_MAX 4096 // what is beyond it is still seen by each snapshot

struct tripwires;

// `path` (below sys) was written to; NULL: events were lost, anything may have been. The value has
// to be read anew.
typedef void (*tripwires_callback)(void *context, const char *path);

must_check int tripwires_new(sd_event *event, int sys, tripwires_callback callback, void *context,
                             struct tripwires **ret);
void tripwires_free(struct tripwires *wires);
DEFINE_CLEANUP(struct tripwires, tripwires_free)

// Also for a path that is watched already, and for one that is another file by now. −ENOENT,
// −ENOSPC (the limit), −ENOMEM.
must_check int tripwires_add(struct tripwires *wires, const char *path);
// Forgets every path that begins with `prefix`.
void tripwires_drop(struct tripwires *wires, const char *prefix);
