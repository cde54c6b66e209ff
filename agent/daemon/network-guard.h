// SPDX-License-Identifier: GPL-3.0-or-later
// The guard of the air gap: which links there are, what was decided on them, and that the kernel
// agrees. Clause 5 (1).
#pragma once

#include "daemon/network-radios.h"
#include "daemon/options.h"
#include "daemon/permit-keeper.h"
#include "daemon/recorder.h"
#include "decision/network.h"
#include "policy/policy.h"

#include <systemd/sd-event.h>

struct network_guard_options {
    sd_event *event;
    const struct places *places;
    struct recorder *recorder;
    const struct permit_keeper *permits;
    const struct mode_keeper *mode;
    bool live; // false, with a made-up tree: links and firewall of the machine are left alone
};

struct network_guard;

must_check int network_guard_new(const struct network_guard_options *options,
                                 struct network_guard **ret);
void network_guard_free(struct network_guard *guard);
DEFINE_CLEANUP(struct network_guard, network_guard_free)

// What is in force from now on; all links are decided on anew. `policy` is NULL while there is none
// that can be read: the last one stays, and without any nothing but loopback passes.
must_check int network_guard_set(struct network_guard *guard, const struct policy *policy,
                                 enum gate_mode mode);

// Facts of watch_network and watch_radio. `fact` stays the caller's.
void network_guard_on_fact(struct network_guard *guard, const struct fact *fact);
// Once a minute, after a snapshot: what has no facts of its own.
void network_guard_look(struct network_guard *guard);
// A new month's file has begun: which breaches go on.
void network_guard_restate(struct network_guard *guard);
// The watches have stopped: records what has no row yet.
void network_guard_end(struct network_guard *guard);

// What is in force; valid until the next network_guard_set().
const struct airgap *network_guard_airgap(const struct network_guard *guard);

bool network_guard_is_well(const struct network_guard *guard);
// Links and radios that break the air gap now.
size_t network_guard_breaches(const struct network_guard *guard);
// The part for radios.
const struct network_radios *network_guard_radios(const struct network_guard *guard);

// Calls back for each link, loopback too, in a stable order.
typedef int (*network_guard_visitor)(void *context, const struct net_link *link,
                                     const struct link_verdict *verdict);
must_check int network_guard_visit(struct network_guard *guard, network_guard_visitor visit,
                                   void *context);
