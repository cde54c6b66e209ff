// SPDX-License-Identifier: GPL-3.0-or-later
// Inside enforce/ruleset: the rules that let peers pass.
#pragma once

#include "policy/airgap.h"

#include <stdio.h>

struct ruleset_writer {
    FILE *file;
    const struct airgap *airgap;
    bool held; // the twin that has an owner
};

enum ruleset_way { RULESET_OUTPUT, RULESET_INPUT, RULESET_EGRESS, RULESET_WAY_MAX };

// The chains that ruleset_put_peers() jumps to; they stand in the same table, once.
void ruleset_put_address_chains(const struct ruleset_writer *w, enum ruleset_way way);
// Inside of a base chain: all peers. What is none of theirs comes out below.
void ruleset_put_peers(const struct ruleset_writer *w, enum ruleset_way way);
// Asks for a peer, answers a peer.
void ruleset_put_arp(const struct ruleset_writer *w, const struct airgap_peer *peer);
