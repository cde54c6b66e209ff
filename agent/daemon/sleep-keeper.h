// SPDX-License-Identifier: GPL-3.0-or-later
// Sleep: storage is unmounted and shut before the machine sleeps, and decided anew when it wakes,
// because nobody watches the ports in between. The kernel itself compares only descriptors and
// serial numbers when it wakes, which a swapped clone has too (drivers/usb/core/hub.c).
#pragma once

#include "daemon/options.h"
#include "daemon/usb-guard.h"

#include <systemd/sd-bus.h>

struct sleep_keeper;

struct sleep_keeper_options {
    sd_event *event;
    sd_bus *bus; // logind is on it; NULL: the machine can't be kept from sleeping for a moment
    const struct places *places;
    struct usb_guard *usb;
    void (*woken)(void *context); // look at everything anew
    void *context;
};

must_check int sleep_keeper_new(const struct sleep_keeper_options *options,
                                struct sleep_keeper **ret);
void sleep_keeper_free(struct sleep_keeper *keeper);
DEFINE_CLEANUP(struct sleep_keeper, sleep_keeper_free)
