// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of a network link: as the kernel tells it by rtnetlink, and of the hardware behind
// it.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define NET_MAC_SIZE 6

struct net_link {
    uint32_t index; // of the interface; never 0
    char *name;     // "enp0s31f6"; printable
    char *kind;     // of one that is made by software: "bridge", "vlan", "tun"; NULL: hardware's
    bool has_mac;   // an Ethernet address, not all zeros
    uint8_t mac[NET_MAC_SIZE];
    char *driver; // of the hardware; NULL: none behind it
    char *path;   // where that is plugged in, as udev's ID_PATH; NULL: not known
    bool loopback;
    bool up;     // it may be used: IFF_UP
    bool routed; // a default route goes out by it, of IPv4 or IPv6
};
void net_link_free(struct net_link *link);
DEFINE_CLEANUP(struct net_link, net_link_free)
// −ENOMEM.
must_check int net_link_copy(const struct net_link *link, struct net_link **ret);
bool net_link_equal(const struct net_link *a, const struct net_link *b);

#define NET_MAC_TEXT_SIZE 18
// "52:54:00:12:34:56"
void net_mac_format(const uint8_t mac[NET_MAC_SIZE], char ret[NET_MAC_TEXT_SIZE]);
