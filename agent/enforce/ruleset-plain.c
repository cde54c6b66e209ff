// SPDX-License-Identifier: GPL-3.0-or-later
// Address and port together are the key of one map: a packet in a connection costs one look.
#include "enforce/ruleset-plain.h"

#include "base/text.h"

bool ruleset_is_plain(const struct airgap_peer *peer)
{
    if (peer->protocol != AIRGAP_TCP || peer->until_ns != 0 || peer->n_ports == 0 ||
        !ruleset_is_one_address(peer))
        return false;
    for (size_t i = 0; i < peer->n_ports; i++)
        if (peer->ports[i].first != peer->ports[i].last)
            return false;
    return true;
}

static bool is_of(const struct airgap_peer *peer, int family, enum airgap_direction but)
{
    return ruleset_is_plain(peer) && peer->family == family && peer->direction != but;
}

static void put_keys(const struct ruleset_writer *w, const struct airgap_peer *peer, bool *any)
{
    for (size_t i = 0; i < peer->n_ports; i++) {
        fputs(*any ? ", " : " vmap { ", w->file);
        ruleset_put_address(w, peer);
        fprintf(w->file, " . %u : accept", peer->ports[i].first);
        *any = true;
    }
}

// Those of the family but them of that direction.
static void put_rule(const struct ruleset_writer *w, int family, enum airgap_direction but,
                     const char *remote, const char *side)
{
    bool any = false, may_begin = text_equal(remote, "daddr") == (but == AIRGAP_IN);
    for (size_t i = 0; i < w->airgap->n_peers; i++) {
        const struct airgap_peer *peer = &w->airgap->peers[i];
        if (!is_of(peer, family, but))
            continue;
        if (!any)
            fprintf(w->file, "   %s %s %s . tcp %s", may_begin ? "" : RULESET_NO_BEGINNING,
                    ruleset_family(peer), remote, side);
        put_keys(w, peer, &any);
    }
    if (any)
        fputs(" }\n", w->file);
}

void ruleset_put_plain(const struct ruleset_writer *w, const char *remote, const char *begun,
                       const char *back)
{
    put_rule(w, AF_INET, AIRGAP_IN, remote, begun);
    put_rule(w, AF_INET, AIRGAP_OUT, remote, back);
    put_rule(w, AF_INET6, AIRGAP_IN, remote, begun);
    put_rule(w, AF_INET6, AIRGAP_OUT, remote, back);
}
