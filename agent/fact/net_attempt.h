// SPDX-License-Identifier: GPL-3.0-or-later
// A packet that the firewall stopped, or would stop: a sample of them, as the kernel logged it.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define NET_CHAIN_SIZE 16
#define NET_ADDRESS_TEXT_SIZE 46 // INET6_ADDRSTRLEN

struct net_attempt {
    char chain[NET_CHAIN_SIZE]; // where: "output", "input", "forward", "egress"
    uint32_t uid;               // whose socket sent it; FACT_NO_UID: nobody's, or not known
    uint32_t link;        // index of the interface that it was to leave by, or came by; 0: none
    uint16_t ethertype;   // 0x0800 IPv4, 0x86dd IPv6; with any other all below is 0
    uint8_t protocol;     // of the payload: 6 TCP, 17 UDP, …; 0: it can't be told
    uint16_t port;        // where to; 0: the protocol has none, or it is cut off
    uint16_t source_port; // whence; of a ping its identifier; 0 likewise
    uint8_t source[16], destination[16]; // IPv4: the first four bytes
};

// "192.0.2.7", "2001:db8::7"; "" where there is no address.
void net_attempt_format(const struct net_attempt *attempt, bool destination,
                        char ret[NET_ADDRESS_TEXT_SIZE]);

// Reads the headers of a packet of this ethertype, of which the first `length` bytes are there.
// What can't be read stays 0: nothing in it is trusted for more than being told.
void net_attempt_parse(uint16_t ethertype, const uint8_t *data, size_t length,
                       struct net_attempt *attempt);
