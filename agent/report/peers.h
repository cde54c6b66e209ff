// SPDX-License-Identifier: GPL-3.0-or-later
// With whom the firewall stopped packets, or would have: network.blocked. The rows are a sample,
// the kernel's counters have all of them: the numbers are the least.
#pragma once

#include "base/json.h"
#include "fact/fact.h"
#include "fact/net_attempt.h"

#include <stdbool.h>

#define PEERS_MAX 10000 // listed; what is beyond is counted

struct peer {
    char *address;              // of the other side; "" where there is none, as with ARP
    char chain[NET_CHAIN_SIZE]; // "output", "input", "forward", "egress"
    uint64_t ethertype, protocol, port;
    bool passed; // it was only observed
    uint64_t count;
    uint64_t first_ns, last_ns;
};

// Empty when zeroed.
struct peers {
    struct peer *items;
    size_t n;
    uint64_t stopped, passed; // attempts, listed or not
    uint64_t unlisted;        // of these: without a peer in the row, or beyond PEERS_MAX
};

void peers_clear(struct peers *peers);
// A row of network.blocked. *ret_count: the attempts it stands for.
must_check int peers_take(struct peers *peers, const struct fact *fact, json_object *details,
                          uint64_t *ret_count);
