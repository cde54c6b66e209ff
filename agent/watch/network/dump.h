// SPDX-License-Identifier: GPL-3.0-or-later
// Inside watch_network, and for the program airgap: all links as they are now.
#pragma once

#include "fact/net_link.h"

#include <stddef.h>

#define NET_LINKS_MAX 4096 // more are not looked at, and that is said

struct net_links {
    struct net_link **items; // by index, ascending
    size_t n;
    bool more; // there are more than NET_LINKS_MAX
};
void net_links_clear(struct net_links *links);

// Asks the kernel (rtnetlink(7)) for all links and default routes of this network namespace, and
// `sys` (a descriptor of /sys; −1: it is not asked) for the hardware behind them. −EINTR: they
// changed meanwhile, ask again; −errno.
must_check int net_links_read(int sys, struct net_links *ret);

// NULL: none of that index.
struct net_link *net_links_find(const struct net_links *links, uint32_t index);
