// SPDX-License-Identifier: GPL-3.0-or-later
// The firewall as the daemon has it: written as a file, and kept in the kernel by the program
// `airgap`, which links libnftables so that the daemon does not.
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"
#include "policy/airgap.h"

#include <systemd/sd-event.h>

#define AIRGAP_FILE "airgap" // below the state folder

struct firewall;

struct firewall_options {
    sd_event *event;
    const struct places *places;
    struct recorder *recorder;
    bool live; // false, with a made-up tree: the kernel is left alone
};

must_check int firewall_new(const struct firewall_options *options, struct firewall **ret);
void firewall_free(struct firewall *firewall);
DEFINE_CLEANUP(struct firewall, firewall_free)

// What is in force from now on: written to /var/lib/sekisho/airgap and brought into the kernel.
// −errno: the file could not be written, and the old one, which may allow more, is gone.
must_check int firewall_set(struct firewall *firewall, const struct airgap *airgap);
// While enforcing its twin, which nobody else can flush, is held beside it (firewall-holder.h).

// Somebody may have changed it: looked at, and put back where it differs, which is recorded. May be
// called at any time; one look at a time, and one more after that for what happened meanwhile.
void firewall_look(struct firewall *firewall);

// There are other links than before: each has its own chain.
void firewall_follow_links(struct firewall *firewall);

// Is it in the kernel as it should be, as far as the last look could tell?
bool firewall_is_well(const struct firewall *firewall);
