// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the parts that rules of several kinds have in common.
#include "enforce/ruleset-words.h"

#include "base/moment.h"

#include <assert.h>

bool ruleset_is_v6(const struct airgap_peer *peer)
{
    return peer->family == AF_INET6;
}

bool ruleset_is_one_address(const struct airgap_peer *peer)
{
    return peer->prefix == (ruleset_is_v6(peer) ? 128 : 32);
}

const char *ruleset_family(const struct airgap_peer *peer)
{
    return ruleset_is_v6(peer) ? "ip6" : "ip";
}

const char *ruleset_icmp(const struct airgap_peer *peer)
{
    return ruleset_is_v6(peer) ? "icmpv6" : "icmp";
}

void ruleset_begin_rule(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    fputs("    ", w->file);
    if (peer->until_ns != 0)
        fprintf(w->file, "meta time < \"%llu\" ", (unsigned long long)(peer->until_ns / NS_PER_S));
}

void ruleset_put_address(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    char address[AIRGAP_ADDRESS_SIZE];
    airgap_format_address(peer, address);
    (void)fputs(address, w->file);
}

static void put_hex(const struct ruleset_writer *w, const uint8_t *bytes, size_t n)
{
    fputs("0x", w->file);
    for (size_t i = 0; i < n; i++)
        fprintf(w->file, "%02x", bytes[i]);
}

void ruleset_put_masked(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    struct in6_addr mask = {0};
    size_t n = ruleset_is_v6(peer) ? sizeof peer->address.v6 : sizeof peer->address.v4;
    for (size_t bit = 0; bit < peer->prefix; bit++)
        mask.s6_addr[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    fputs(" & ", w->file);
    put_hex(w, mask.s6_addr, n);
    fputs(" == ", w->file);
    put_hex(w, (const uint8_t *)&peer->address, n);
}

// One by one where it can be: what has no ranges is looked up faster.
void ruleset_put_ports(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    assert(peer->n_ports > 0);
    fputs(" {", w->file);
    for (size_t i = 0; i < peer->n_ports; i++) {
        fprintf(w->file, "%s %u", i > 0 ? "," : "", peer->ports[i].first);
        if (peer->ports[i].last != peer->ports[i].first)
            fprintf(w->file, "-%u", peer->ports[i].last);
    }
    fputs(" }", w->file);
}
