// SPDX-License-Identifier: GPL-3.0-or-later
// Links of hardware in other network namespaces: found, brought back, and recorded as breaches.
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"

#include <systemd/sd-event.h>

struct network_elsewhere_options {
    sd_event *event;
    const struct places *places;
    struct recorder *recorder;
    bool live; // false: nobody looks
};

struct network_elsewhere;

must_check int network_elsewhere_new(const struct network_elsewhere_options *options,
                                     struct network_elsewhere **ret);
void network_elsewhere_free(struct network_elsewhere *elsewhere);
DEFINE_CLEANUP(struct network_elsewhere, network_elsewhere_free)

// Has `airgap recall` look, now or once the one that looks has ended. In observe mode it only
// finds.
void network_elsewhere_look(struct network_elsewhere *elsewhere);
// Links that are elsewhere now, as far as known.
size_t network_elsewhere_breaches(const struct network_elsewhere *elsewhere);
