// SPDX-License-Identifier: GPL-3.0-or-later
// What every source of facts is. A watch knows neither policy nor ledger; it has no header of its
// own, only its `const struct watch watch_NAME` below.
#pragma once

#include "fact/fact.h"

#include <systemd/sd-event.h>

// What a watch is handed: where to put facts, the loop, and the trees it may look at, so that a
// test hands it others.
struct watch_context {
    struct fact_sink sink;
    sd_event *event;
    int sys; // directory descriptors of /sys, /proc, /run, /dev; borrowed for the life of the watch
    int proc;
    int run;
    int dev;
    bool live; // false: snapshot only; no kernel socket is opened (tests, `sekisho check`)
};

struct watch {
    const char *name;
    // Starts to put what happens from now on. *ret_state is the watch's own, handed back to the
    // others.
    must_check int (*start)(const struct watch_context *context, void **ret_state);
    void (*stop)(void *state); // takes NULL
    // Puts the present state as facts: at start, for a check, after a policy change, and each
    // minute.
    must_check int (*snapshot)(void *state);
};

extern const struct watch watch_usb;
extern const struct watch watch_medium;
extern const struct watch watch_login;
extern const struct watch watch_gadget;

// What the daemon asks of watch_medium for an approval that is for encrypted media only: a look at
// every byte of the disk `sysname` ("sda"). It may take minutes; the answer is a SEEN_MEDIUM with
// the content. It stands for as long as the medium is there: after each change it is looked at
// again, and a SEEN_MEDIUM follows if the answer is another one. −ENODEV: no such medium on USB.
must_check int watch_medium_examine(void *state, const char *sysname);
// Nothing that was found counts any longer, and nobody wants a look: what was not held meanwhile
// may be another thing by now.
void watch_medium_forget(void *state);
