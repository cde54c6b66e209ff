// SPDX-License-Identifier: GPL-3.0-or-later
// Inside enforce/ruleset: what a peer is called in nftables' words.
#pragma once

#include "policy/airgap.h"

#include <stdio.h>

struct ruleset_writer {
    FILE *file;
    const struct airgap *airgap;
    bool held; // the twin that has an owner
};

// Only the first segment of TCP, which begins, has neither.
#define RULESET_NO_BEGINNING " tcp flags ack,rst"

bool ruleset_is_v6(const struct airgap_peer *peer);
bool ruleset_is_one_address(const struct airgap_peer *peer);
const char *ruleset_family(const struct airgap_peer *peer); // "ip", "ip6"
const char *ruleset_icmp(const struct airgap_peer *peer);   // "icmp", "icmpv6"

// A rule of a peer's begins; with its permit it ends, also when nobody is there to take it away.
void ruleset_begin_rule(const struct ruleset_writer *w, const struct airgap_peer *peer);
// "192.0.2.0/24"
void ruleset_put_address(const struct ruleset_writer *w, const struct airgap_peer *peer);
// The same for raw bytes of a packet: " & 0xffffff00 == 0xc0000200".
void ruleset_put_masked(const struct ruleset_writer *w, const struct airgap_peer *peer);
// " { 139, 445-450 }"; the peer has ports.
void ruleset_put_ports(const struct ruleset_writer *w, const struct airgap_peer *peer);
