// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel tells of devices, or udev after its rules have run: one listener on the loop.
#pragma once

#include "base/util.h"

#include <libudev.h>
#include <systemd/sd-event.h>

#define UEVENTS_FILTERS_MAX 2

struct uevents_filter {
    const char *subsystem; // NULL: no filter
    const char *devtype;   // NULL: all of them
};

// Nothing of it has to live longer than the call but what `context` points to.
struct uevents_wish {
    const char *source; // "kernel", or "udev": after its rules have run
    struct uevents_filter filters[UEVENTS_FILTERS_MAX];
    // The event is the listener's own, gone when this returns.
    void (*on_event)(void *context, struct udev_device *event);
    // The kernel had to drop some: only a look at the present state finds what they said.
    void (*on_lost)(void *context);
    void *context;
};

struct uevents;

// 0, or −errno with nothing left behind. The listener ends with uevents_free(), never from one of
// its own handlers.
must_check int uevents_listen(sd_event *loop, const struct uevents_wish *wish,
                              struct uevents **ret);

// Takes NULL.
void uevents_free(struct uevents *uevents);
DEFINE_CLEANUP(struct uevents, uevents_free)
