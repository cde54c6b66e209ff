// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps `airgap hold` running: the firewall's twin, which nobody else can flush. It ends with us.
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

struct firewall_holder_options {
    sd_event *event;
    const struct places *places;
    struct recorder *recorder;
};

struct firewall_holder;

// Nothing runs before firewall_holder_bring().
must_check int firewall_holder_new(const struct firewall_holder_options *options,
                                   struct firewall_holder **ret);
void firewall_holder_free(struct firewall_holder *holder);
DEFINE_CLEANUP(struct firewall_holder, firewall_holder_free)

// Links, or what is in force, are others: it is made anew. Started if it does not run. Somebody who
// ended it is recorded, and it is started again a second later.
void firewall_holder_bring(struct firewall_holder *holder);
bool firewall_holder_is_well(const struct firewall_holder *holder);
