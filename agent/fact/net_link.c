// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a network link's description.
#include "fact/net_link.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

void net_link_free(struct net_link *link)
{
    if (!link)
        return;
    free(link->name);
    free(link->kind);
    free(link->driver);
    free(link->path);
    free(link);
}

int net_link_copy(const struct net_link *link, struct net_link **ret)
{
    CLEANUP(net_link_free_p) struct net_link *copy = malloc(sizeof *copy);
    if (!copy)
        return -ENOMEM;
    *copy = *link;
    copy->name = copy->kind = copy->driver = copy->path = NULL;
    if (text_set(&copy->name, link->name) < 0 || text_set(&copy->kind, link->kind) < 0 ||
        text_set(&copy->driver, link->driver) < 0 || text_set(&copy->path, link->path) < 0)
        return -ENOMEM;
    *ret = TAKE_PTR(copy);
    return 0;
}

bool net_link_equal(const struct net_link *a, const struct net_link *b)
{
    return a->index == b->index && a->has_mac == b->has_mac &&
           memcmp(a->mac, b->mac, sizeof a->mac) == 0 && a->loopback == b->loopback &&
           a->up == b->up && a->routed == b->routed && text_equal(a->name, b->name) &&
           text_equal(a->kind, b->kind) && text_equal(a->driver, b->driver) &&
           text_equal(a->path, b->path);
}

void net_mac_format(const uint8_t mac[NET_MAC_SIZE], char ret[NET_MAC_TEXT_SIZE])
{
    (void)snprintf(ret, NET_MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
                   mac[3], mac[4], mac[5]);
}
