// SPDX-License-Identifier: GPL-3.0-or-later
// Inside enforce/ruleset: the rules that let peers pass.
#pragma once

#include "enforce/ruleset-words.h"

enum ruleset_way { RULESET_OUTPUT, RULESET_INPUT, RULESET_EGRESS, RULESET_WAY_MAX };

// The sets in which the table remembers who has begun a flow of UDP.
void ruleset_put_memories(const struct ruleset_writer *w);
// The chains that ruleset_put_peers() jumps to; they stand in the same table, once.
void ruleset_put_address_chains(const struct ruleset_writer *w, enum ruleset_way way);
// Inside of a base chain, before all others: what most packets meet (ruleset-plain.h).
void ruleset_put_plain_peers(const struct ruleset_writer *w, enum ruleset_way way);
// Inside of a base chain: the other peers. What is none of theirs comes out below.
void ruleset_put_peers(const struct ruleset_writer *w, enum ruleset_way way);
// Asks for a peer, answers a peer.
void ruleset_put_arp(const struct ruleset_writer *w, const struct airgap_peer *peer);
