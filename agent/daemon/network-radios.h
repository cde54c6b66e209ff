// SPDX-License-Identifier: GPL-3.0-or-later
// The network guard's part for radios: keeps those blocked that may not be on, also the ones that
// come, and puts back what somebody unblocks. Clause 5 (1).
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"
#include "decision/network.h"

struct network_radios;

// Both stay valid.
must_check int network_radios_new(const struct places *places, struct recorder *recorder,
                                  struct network_radios **ret);
void network_radios_free(struct network_radios *radios);

// What is in force from now on, valid until the next call; all radios are decided on anew.
void network_radios_set(struct network_radios *radios, const struct airgap *airgap);
// Facts of watch_radio. `fact` stays the caller's.
void network_radios_on_fact(struct network_radios *radios, const struct fact *fact);
// Once a minute, after a snapshot; nothing is done to a radio before the first.
void network_radios_look(struct network_radios *radios);

// At the beginning of a month's file: what is broken since an earlier month is stated again.
void network_radios_restate(struct network_radios *radios);

// Radios that break the air gap now.
size_t network_radios_breaches(const struct network_radios *radios);

// Calls back for each radio, in a stable order.
typedef int (*network_radios_visitor)(void *context, const struct radio *radio,
                                      const struct radio_verdict *verdict);
must_check int network_radios_visit(const struct network_radios *radios,
                                    network_radios_visitor visit, void *context);
