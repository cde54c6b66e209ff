// SPDX-License-Identifier: GPL-3.0-or-later
// The decision on a network link.
#include "decision/network.h"

#include "base/text.h"

#include <string.h>

static bool is_named(const struct airgap_link *named, const struct net_link *link)
{
    if (named->has_mac && (!link->has_mac || memcmp(named->mac, link->mac, sizeof link->mac) != 0))
        return false;
    if (named->driver && !text_equal(named->driver, link->driver))
        return false;
    return !named->path || text_equal(named->path, link->path);
}

static const struct airgap_link *find(const struct airgap *airgap, const struct net_link *link)
{
    for (size_t i = 0; i < airgap->n_links; i++)
        if (is_named(&airgap->links[i], link))
            return &airgap->links[i];
    return NULL;
}

void decide_link(const struct airgap *airgap, const struct net_link *link, struct link_verdict *ret)
{
    struct link_verdict verdict = {.allowed = true, .reason = REASON_LOOPBACK};
    if (!link->loopback) {
        verdict.link = find(airgap, link);
        verdict.allowed = verdict.link != NULL;
        verdict.reason = verdict.allowed ? REASON_NAMED : REASON_LINK_NOT_NAMED;
        verdict.breach = link->up && !verdict.allowed;
    }
    if (verdict.allowed && link->up && link->routed) {
        verdict.breach = true;
        verdict.reason = REASON_DEFAULT_ROUTE;
    }
    *ret = verdict;
}
