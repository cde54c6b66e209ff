// SPDX-License-Identifier: GPL-3.0-or-later
// Writes what peers may do, rule by rule.
#include "enforce/ruleset-peer.h"

#include "enforce/ruleset-plain.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#define MEMORY_MAX 65535 // flows; one more is refused until the oldest is forgotten
#define MEMORY_S 120     // as connection tracking has it

// ---- Words --------------------------------------------------------------------------------------

// " tcp dport { 139, 445-450 }", or the bare protocol where all ports are meant.
static void put_ports(const struct ruleset_writer *w, const struct airgap_peer *peer,
                      const char *side)
{
    const char *protocol = airgap_protocol_to_str(peer->protocol);
    if (peer->n_ports == 0) {
        fprintf(w->file, " meta l4proto %s", protocol);
        return;
    }
    fprintf(w->file, " %s %s", protocol, side);
    ruleset_put_ports(w, peer);
}

// The target of a neighbour solicitation or advertisement, 8 bytes into ICMPv6 (RFC 4861, 4.3),
// which nft before 1.0.8 has no name for.
static void put_target(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    fputs(" @th,64,128", w->file);
    ruleset_put_masked(w, peer);
}

// ---- A peer -------------------------------------------------------------------------------------

struct way {
    const char *chain;
    const char *remote, *local; // where the peer's address stands, and ours
    const char *begun, *back;   // its port, of a connection that we began, and of one that it began
    bool leaves;
    bool remembers; // who began, where a packet does not say so; egress can't
};

// A flow of a peer's: whose it is, and whether whoever sends the packet may begin it.
struct flow {
    const struct airgap_peer *peer;
    const struct way *way;
    bool ours;
};

static bool may_begin(const struct flow *flow)
{
    return flow->ours == flow->way->leaves;
}

// Both ends, the peer's first: whoever may begin is remembered by them, and the other may answer.
static void put_ends(const struct ruleset_writer *w, const struct flow *flow)
{
    const struct way *way = flow->way;
    const char *family = ruleset_family(flow->peer);
    fprintf(w->file, "%s %s . udp %s . %s %s . udp %s", family, way->remote,
            way->leaves ? "dport" : "sport", family, way->local, way->leaves ? "sport" : "dport");
}

// Each packet of a flow keeps it in memory, in either direction.
static void put_memory(const struct ruleset_writer *w, const struct flow *flow)
{
    const char *family = ruleset_family(flow->peer), *whose = flow->ours ? "ours" : "theirs";
    if (!may_begin(flow)) {
        fputs(" ", w->file);
        put_ends(w, flow);
        fprintf(w->file, " @%s_%s", family, whose);
    }
    fprintf(w->file, " update @%s_%s { ", family, whose);
    put_ends(w, flow);
    fputs(" }", w->file);
}

static void put_flow(const struct ruleset_writer *w, const struct flow *flow)
{
    const struct way *way = flow->way;
    ruleset_begin_rule(w, flow->peer);
    fprintf(w->file, "%s %s ", ruleset_family(flow->peer), way->remote);
    ruleset_put_address(w, flow->peer);
    put_ports(w, flow->peer, flow->ours ? way->begun : way->back);
    if (flow->peer->protocol == AIRGAP_TCP && !may_begin(flow))
        fputs(RULESET_NO_BEGINNING, w->file);
    if (flow->peer->protocol == AIRGAP_UDP && way->remembers)
        put_memory(w, flow);
    fputs(" accept\n", w->file);
}

static void put_echo(const struct ruleset_writer *w, const struct flow *flow)
{
    ruleset_begin_rule(w, flow->peer);
    fprintf(w->file, "%s %s ", ruleset_family(flow->peer), flow->way->remote);
    ruleset_put_address(w, flow->peer);
    fprintf(w->file, " %s type %s accept\n", ruleset_icmp(flow->peer),
            may_begin(flow) ? "echo-request" : "echo-reply");
}

static void put_peer(const struct ruleset_writer *w, const struct airgap_peer *peer,
                     const struct way *way)
{
    void (*const put)(const struct ruleset_writer *w, const struct flow *flow) =
        peer->protocol == AIRGAP_ICMP ? put_echo : put_flow;
    if (peer->direction != AIRGAP_IN)
        put(w, &(struct flow){.peer = peer, .way = way, .ours = true});
    if (peer->direction != AIRGAP_OUT)
        put(w, &(struct flow){.peer = peer, .way = way, .ours = false});
}

// A later fragment has no ports. What leaves is in fragments at egress only; what comes is whole by
// then, but for IPv6. Without the first fragment, which has its rule, it is nothing.
static void put_fragments(const struct ruleset_writer *w, const struct airgap_peer *peer,
                          const struct way *way)
{
    bool is_v6 = ruleset_is_v6(peer), is_in_fragments = way->leaves ? !way->remembers : is_v6;
    if (!is_in_fragments || peer->protocol == AIRGAP_ICMP || (way->leaves && peer->n_ports == 0))
        return;
    ruleset_begin_rule(w, peer);
    fprintf(w->file, "%s %s ", ruleset_family(peer), way->remote);
    ruleset_put_address(w, peer);
    if (is_v6)
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
    if (!ruleset_is_v6(peer))
        return;
    ruleset_begin_rule(w, peer);
    fprintf(w->file, "icmpv6 type %s", leaves ? "nd-neighbor-solicit" : "nd-neighbor-advert");
    put_target(w, peer);
    fputs(" accept\n", w->file);
    ruleset_begin_rule(w, peer);
    fprintf(w->file, "ip6 %s ", leaves ? "daddr" : "saddr");
    ruleset_put_address(w, peer);
    fprintf(w->file, " icmpv6 type %s accept\n",
            leaves ? "nd-neighbor-advert" : "nd-neighbor-solicit");
}

void ruleset_put_arp(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    if (ruleset_is_v6(peer))
        return;
    ruleset_begin_rule(w, peer);
    fputs("arp operation { request, reply } arp daddr ip ", w->file);
    ruleset_put_address(w, peer);
    fputs(" accept\n", w->file);
}

// About a flow of a peer's, to that peer.
static void put_error_out(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    ruleset_begin_rule(w, peer);
    fprintf(w->file, "%s daddr ", ruleset_family(peer));
    ruleset_put_address(w, peer);
    fprintf(w->file,
            " %s type { destination-unreachable, time-exceeded, parameter-problem%s } accept\n",
            ruleset_icmp(peer), ruleset_is_v6(peer) ? ", packet-too-big" : "");
}

// ---- Memories -----------------------------------------------------------------------------------

static bool has_flow(const struct ruleset_writer *w, int family, enum airgap_direction but)
{
    for (size_t i = 0; i < w->airgap->n_peers; i++) {
        const struct airgap_peer *peer = &w->airgap->peers[i];
        if (peer->family == family && peer->protocol == AIRGAP_UDP && peer->direction != but)
            return true;
    }
    return false;
}

static void put_memory_set(const struct ruleset_writer *w, int family, bool ours)
{
    const char *name = family == AF_INET6 ? "ip6" : "ip",
               *type = family == AF_INET6 ? "ipv6" : "ipv4";
    if (has_flow(w, family, ours ? AIRGAP_IN : AIRGAP_OUT))
        fprintf(w->file,
                "  set %s_%s {\n"
                "    type %s_addr . inet_service . %s_addr . inet_service\n"
                "    size %d\n    flags dynamic,timeout\n    timeout %ds\n  }\n",
                name, ours ? "ours" : "theirs", type, type, MEMORY_MAX, MEMORY_S);
}

void ruleset_put_memories(const struct ruleset_writer *w)
{
    put_memory_set(w, AF_INET, true);
    put_memory_set(w, AF_INET, false);
    put_memory_set(w, AF_INET6, true);
    put_memory_set(w, AF_INET6, false);
}

// ---- To each address its own chain -------------------------------------------------------------
//
// So that a packet meets the rules of one peer, however many there are. Prefixes may overlap: their
// rules are gone through one by one.

static const struct way ways[] = {
    [RULESET_OUTPUT] = {"output", "daddr", "saddr", "dport", "sport", true, true},
    [RULESET_INPUT] = {"input", "saddr", "daddr", "sport", "dport", false, true},
    [RULESET_EGRESS] = {"egress", "daddr", "saddr", "dport", "sport", true, false},
};
static_assert(ELEMENTS(ways) == RULESET_WAY_MAX, "each way has its words");

static bool is_same_address(const struct airgap_peer *a, const struct airgap_peer *b)
{
    return a->family == b->family && a->prefix == b->prefix &&
           memcmp(&a->address, &b->address,
                  ruleset_is_v6(a) ? sizeof a->address.v6 : sizeof a->address.v4) == 0;
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
    if (!ruleset_is_plain(peer))
        put_peer(w, peer, way);
    put_fragments(w, peer, way);
}

static void put_rules_of_address(const struct ruleset_writer *w, size_t first,
                                 const struct way *way)
{
    const struct airgap_peer *peers = w->airgap->peers;
    for (size_t i = first; i < w->airgap->n_peers; i++)
        if (is_same_address(&peers[first], &peers[i]))
            put_rules(w, &peers[i], way);
}

void ruleset_put_address_chains(const struct ruleset_writer *w, enum ruleset_way number)
{
    const struct way *way = &ways[number];
    for (size_t i = 0; i < w->airgap->n_peers; i++) {
        if (!ruleset_is_one_address(&w->airgap->peers[i]) || !is_first(w, i))
            continue;
        fprintf(w->file, "  chain %s_peer%zu {\n", way->chain, i);
        put_rules_of_address(w, i, way);
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
        if (peer->family != family || !ruleset_is_one_address(peer) || !is_first(w, i))
            continue;
        if (any)
            fputs(", ", w->file);
        else
            fprintf(w->file, "    %s %s vmap { ", ruleset_family(peer), way->remote);
        ruleset_put_address(w, peer);
        fprintf(w->file, " : jump %s_peer%zu", way->chain, i);
        any = true;
    }
    if (any)
        fputs(" }\n", w->file);
}

void ruleset_put_plain_peers(const struct ruleset_writer *w, enum ruleset_way number)
{
    ruleset_put_plain(w, ways[number].remote, ways[number].begun, ways[number].back);
}

void ruleset_put_peers(const struct ruleset_writer *w, enum ruleset_way number)
{
    const struct way *way = &ways[number];
    put_jumps(w, way, AF_INET);
    put_jumps(w, way, AF_INET6);
    for (size_t i = 0; i < w->airgap->n_peers; i++) {
        const struct airgap_peer *peer = &w->airgap->peers[i];
        if (!ruleset_is_one_address(peer))
            put_rules(w, peer, way);
        if (!ruleset_is_one_address(peer) && way->leaves)
            put_error_out(w, peer);
        put_discovery(w, peer, way->leaves);
        if (number == RULESET_EGRESS)
            ruleset_put_arp(w, peer);
    }
}
