// SPDX-License-Identifier: GPL-3.0-or-later
// What the air gap means in nftables' words. Pure: text, and nothing is touched.
//
// Tables: inet (input, output, forward), netdev (egress of each link, because who sends through a
// packet socket, as DHCP clients do, passes by the output hook), arp and bridge. What is dropped
// here is dropped: in nftables an accept ends only the chain that says it, so that no other table,
// of ufw, firewalld or docker, can widen this one.
#pragma once

#include "policy/airgap.h"

#define RULESET_TABLE "sekisho"
#define RULESET_HELD "sekisho-held"   // its twin
#define RULESET_LINKS_FAMILY "netdev" // whose table has a chain for each link
#define RULESET_LOG_GROUP 4244        // nfnetlink_log; the prefix names the chain
#define RULESET_LINKS_MAX 4096

extern const char *const ruleset_families[]; // "inet", …, NULL behind the last

// Can a link of this name be written into a rule? What the kernel allows, less what means something
// between quotes.
bool ruleset_may_name(const char *link);

// For nft(8): replaces our tables as a whole, in one transaction. `links`: names of all links but
// loopback, each of which gets its egress chain. −EINVAL: one of them may not be named.
//
// In MODE_ENFORCE nothing passes but loopback and what the peers say:
// - who may begin is told by port and connection tracking, in both directions: what was open
// before, to
//   somebody who is no peer, is cut;
// - what leaves is rejected, so that programs don't hang; what comes is dropped; nothing is
// forwarded;
// - ARP and neighbour discovery ask for peers and answer peers, and for nobody else: a peer is
// reached
//   on its own link, or behind a router that is named as a peer of its own;
// - errors (ICMP) only about connections with peers;
// - a peer that has an end (until_ns) has it in the kernel, by the second, as the wall clock goes.
// In MODE_OBSERVE the same is counted and logged, and everything passes.
must_check int ruleset_for(const struct airgap *airgap, char *const *links, size_t n_links,
                           char **ret_text);

// The same as tables with an owner: whoever runs this over one netlink socket, as long as that is
// open. Nobody else can change, flush or delete them; with the socket they go.
must_check int ruleset_for_owner(const struct airgap *airgap, char *const *links, size_t n_links,
                                 char **ret_text);

// Takes our tables away.
const char *ruleset_none(void);
