// SPDX-License-Identifier: GPL-3.0-or-later
// Writes what peers may do, rule by rule.
#include "enforce/ruleset-peer.h"

#include "base/moment.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

// ---- Words --------------------------------------------------------------------------------------

static bool is_v6(const struct airgap_peer *peer)
{
    return peer->family == AF_INET6;
}

static const char *family_word(const struct airgap_peer *peer)
{
    return is_v6(peer) ? "ip6" : "ip";
}

static void put_address(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    char address[AIRGAP_ADDRESS_SIZE];
    airgap_format_address(peer, address);
    (void)fputs(address, w->file);
}

// " tcp dport { 139, 445-450 }", or the bare protocol where all ports are meant.
static void put_ports(const struct ruleset_writer *w, const struct airgap_peer *peer,
                      const char *side)
{
    const char *protocol = airgap_protocol_to_str(peer->protocol);
    if (peer->n_ports == 0) {
        fprintf(w->file, " meta l4proto %s", protocol);
        return;
    }
    fprintf(w->file, " %s %s {", protocol, side);
    for (size_t i = 0; i < peer->n_ports; i++)
        fprintf(w->file, "%s %u-%u", i > 0 ? "," : "", peer->ports[i].first, peer->ports[i].last);
    fputs(" }", w->file);
}

// The target of a neighbour solicitation or advertisement, 8 bytes into ICMPv6 (RFC 4861, 4.3),
// which nft before 1.0.8 has no name for.
static void put_target(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    struct in6_addr mask = {0};
    for (size_t bit = 0; bit < peer->prefix; bit++)
        mask.s6_addr[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    fputs(" @th,64,128 & 0x", w->file);
    for (size_t i = 0; i < sizeof mask; i++)
        fprintf(w->file, "%02x", mask.s6_addr[i]);
    fputs(" == 0x", w->file);
    for (size_t i = 0; i < sizeof mask; i++)
        fprintf(w->file, "%02x", peer->address.v6.s6_addr[i]);
}

// A rule of a peer's begins; with its permit it ends, also when nobody is there to take it away.
static void begin_rule(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    fputs("    ", w->file);
    if (peer->until_ns != 0)
        fprintf(w->file, "meta time < \"%llu\" ", (unsigned long long)(peer->until_ns / NS_PER_S));
}

// ---- A peer -------------------------------------------------------------------------------------

// `remote`: "daddr" of what leaves, "saddr" of what comes. `state`: with the connection tracked, or
// "" where it can't be (egress).
static void put_flow(const struct ruleset_writer *w, const struct airgap_peer *peer,
                     const char *remote, const char *side, const char *state)
{
    begin_rule(w, peer);
    fprintf(w->file, "%s %s ", family_word(peer), remote);
    put_address(w, peer);
    put_ports(w, peer, side);
    fprintf(w->file, "%s accept\n", state);
}

static void put_echo(const struct ruleset_writer *w, const struct airgap_peer *peer,
                     const char *remote, const char *type, const char *state)
{
    begin_rule(w, peer);
    fprintf(w->file, "%s %s ", family_word(peer), remote);
    put_address(w, peer);
    fprintf(w->file, " %s type %s%s accept\n", is_v6(peer) ? "icmpv6" : "icmp", type, state);
}

struct way {
    const char *chain;
    const char *remote;       // where the peer's address stands
    const char *begun, *back; // its port, of a connection that we began, and of one that it began
    bool leaves;
    bool tracked;
};

static void put_peer(const struct ruleset_writer *w, const struct airgap_peer *peer,
                     const struct way *way)
{
    const char *first = way->tracked ? " ct state new,established" : "";
    const char *later = way->tracked ? " ct state established" : "";
    bool ours = peer->direction != AIRGAP_IN, theirs = peer->direction != AIRGAP_OUT;
    if (peer->protocol == AIRGAP_ICMP) {
        if (ours)
            put_echo(w, peer, way->remote, way->leaves ? "echo-request" : "echo-reply",
                     way->leaves ? first : later);
        if (theirs)
            put_echo(w, peer, way->remote, way->leaves ? "echo-reply" : "echo-request",
                     way->leaves ? later : first);
        return;
    }
    if (ours)
        put_flow(w, peer, way->remote, way->begun, way->leaves ? first : later);
    if (theirs)
        put_flow(w, peer, way->remote, way->back, way->leaves ? later : first);
}

// A later fragment has no ports.
static void put_fragments(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    if (peer->protocol == AIRGAP_ICMP || peer->n_ports == 0)
        return;
    begin_rule(w, peer);
    fprintf(w->file, "%s daddr ", family_word(peer));
    put_address(w, peer);
    if (is_v6(peer))
        fputs(" frag frag-off != 0 accept\n", w->file);
    else
        fprintf(w->file, " ip protocol %s ip frag-off & 0x1fff != 0 accept\n",
                airgap_protocol_to_str(peer->protocol));
}

// ---- Neighbours ---------------------------------------------------------------------------------

// Asks for the peer, answers the peer; and the other way round for what comes.
static void put_discovery(const struct ruleset_writer *w, const struct airgap_peer *peer,
                          bool leaves)
{
    if (!is_v6(peer))
        return;
    begin_rule(w, peer);
    fprintf(w->file, "icmpv6 type %s", leaves ? "nd-neighbor-solicit" : "nd-neighbor-advert");
    put_target(w, peer);
    fputs(" accept\n", w->file);
    begin_rule(w, peer);
    fprintf(w->file, "ip6 %s ", leaves ? "daddr" : "saddr");
    put_address(w, peer);
    fprintf(w->file, " icmpv6 type %s accept\n",
            leaves ? "nd-neighbor-advert" : "nd-neighbor-solicit");
}

void ruleset_put_arp(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    if (is_v6(peer))
        return;
    begin_rule(w, peer);
    fputs("arp operation { request, reply } arp daddr ip ", w->file);
    put_address(w, peer);
    fputs(" accept\n", w->file);
}

// About a flow of a peer's, to that peer.
static void put_error_out(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    begin_rule(w, peer);
    fprintf(w->file, "%s daddr ", family_word(peer));
    put_address(w, peer);
    fprintf(w->file,
            " %s type { destination-unreachable, time-exceeded, parameter-problem%s } accept\n",
            is_v6(peer) ? "icmpv6" : "icmp", is_v6(peer) ? ", packet-too-big" : "");
}

// ---- To each address its own chain -------------------------------------------------------------
//
// So that a packet meets the rules of one peer, however many there are. Prefixes may overlap: their
// rules are gone through one by one.

static const struct way ways[] = {
    [RULESET_OUTPUT] = {"output", "daddr", "dport", "sport", true, true},
    [RULESET_INPUT] = {"input", "saddr", "sport", "dport", false, true},
    [RULESET_EGRESS] = {"egress", "daddr", "dport", "sport", true, false},
};
static_assert(ELEMENTS(ways) == RULESET_WAY_MAX, "each way has its words");

static bool is_one_address(const struct airgap_peer *peer)
{
    return peer->prefix == (is_v6(peer) ? 128 : 32);
}

static bool is_same_address(const struct airgap_peer *a, const struct airgap_peer *b)
{
    return a->family == b->family && a->prefix == b->prefix &&
           memcmp(&a->address, &b->address,
                  is_v6(a) ? sizeof a->address.v6 : sizeof a->address.v4) == 0;
}

// Of those with its address; the chain's name has its number.
static bool is_first(const struct ruleset_writer *w, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (is_same_address(&w->airgap->peers[i], &w->airgap->peers[number]))
            return false;
    return true;
}

// Of those with its address and its end.
static bool is_first_to_end(const struct ruleset_writer *w, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (is_same_address(&w->airgap->peers[i], &w->airgap->peers[number]) &&
            w->airgap->peers[i].until_ns == w->airgap->peers[number].until_ns)
            return false;
    return true;
}

static void put_rules(const struct ruleset_writer *w, const struct airgap_peer *peer,
                      const struct way *way)
{
    put_peer(w, peer, way);
    if (!way->tracked)
        put_fragments(w, peer);
}

void ruleset_put_address_chains(const struct ruleset_writer *w, enum ruleset_way number)
{
    const struct way *way = &ways[number];
    for (size_t i = 0; i < w->airgap->n_peers; i++) {
        if (!is_one_address(&w->airgap->peers[i]) || !is_first(w, i))
            continue;
        fprintf(w->file, "  chain %s_peer%zu {\n", way->chain, i);
        for (size_t j = i; j < w->airgap->n_peers; j++)
            if (is_same_address(&w->airgap->peers[i], &w->airgap->peers[j]))
                put_rules(w, &w->airgap->peers[j], way);
        for (size_t j = i; way->leaves && j < w->airgap->n_peers; j++)
            if (is_same_address(&w->airgap->peers[i], &w->airgap->peers[j]) &&
                is_first_to_end(w, j))
                put_error_out(w, &w->airgap->peers[j]);
        fputs("  }\n", w->file);
    }
}

static void put_jumps(const struct ruleset_writer *w, const struct way *way, int family)
{
    bool any = false;
    for (size_t i = 0; i < w->airgap->n_peers; i++) {
        const struct airgap_peer *peer = &w->airgap->peers[i];
        if (peer->family != family || !is_one_address(peer) || !is_first(w, i))
            continue;
        if (any)
            fputs(", ", w->file);
        else
            fprintf(w->file, "    %s %s vmap { ", family_word(peer), way->remote);
        put_address(w, peer);
        fprintf(w->file, " : jump %s_peer%zu", way->chain, i);
        any = true;
    }
    if (any)
        fputs(" }\n", w->file);
}

void ruleset_put_peers(const struct ruleset_writer *w, enum ruleset_way number)
{
    const struct way *way = &ways[number];
    put_jumps(w, way, AF_INET);
    put_jumps(w, way, AF_INET6);
    for (size_t i = 0; i < w->airgap->n_peers; i++) {
        const struct airgap_peer *peer = &w->airgap->peers[i];
        if (!is_one_address(peer))
            put_rules(w, peer, way);
        if (!is_one_address(peer) && way->leaves)
            put_error_out(w, peer);
        put_discovery(w, peer, way->leaves);
        if (!way->tracked)
            ruleset_put_arp(w, peer);
    }
}
