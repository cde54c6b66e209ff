// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the rules, chain by chain. Numbers and words of ours only; names of links are checked.
#include "enforce/ruleset.h"

#include "base/moment.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#define LOG(chain)                                                                                 \
    "    counter name " chain "\n    limit rate 10/second burst 20 packets log prefix \"" chain    \
    " \" group 4244\n"

const char *const ruleset_families[] = {"inet", "netdev", "arp", "bridge", NULL};

struct writer {
    FILE *file;
    const struct airgap *airgap;
    bool held;
};

// ---- Words
// ---------------------------------------------------------------------------------------

static bool is_v6(const struct airgap_peer *peer)
{
    return peer->family == AF_INET6;
}

static const char *family_word(const struct airgap_peer *peer)
{
    return is_v6(peer) ? "ip6" : "ip";
}

static void put_address(const struct writer *w, const struct airgap_peer *peer)
{
    char address[AIRGAP_ADDRESS_SIZE];
    airgap_format_address(peer, address);
    (void)fputs(address, w->file);
}

// " tcp dport { 139, 445-450 }", or the bare protocol where all ports are meant.
static void put_ports(const struct writer *w, const struct airgap_peer *peer, const char *side)
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
static void put_target(const struct writer *w, const struct airgap_peer *peer)
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
static void begin_rule(const struct writer *w, const struct airgap_peer *peer)
{
    fputs("    ", w->file);
    if (peer->until_ns != 0)
        fprintf(w->file, "meta time < \"%llu\" ", (unsigned long long)(peer->until_ns / NS_PER_S));
}

// ---- A peer
// ---------------------------------------------------------------------------------------

// `remote`: "daddr" of what leaves, "saddr" of what comes. `state`: with the connection tracked, or
// "" where it can't be (egress).
static void put_flow(const struct writer *w, const struct airgap_peer *peer, const char *remote,
                     const char *side, const char *state)
{
    begin_rule(w, peer);
    fprintf(w->file, "%s %s ", family_word(peer), remote);
    put_address(w, peer);
    put_ports(w, peer, side);
    fprintf(w->file, "%s accept\n", state);
}

static void put_echo(const struct writer *w, const struct airgap_peer *peer, const char *remote,
                     const char *type, const char *state)
{
    begin_rule(w, peer);
    fprintf(w->file, "%s %s ", family_word(peer), remote);
    put_address(w, peer);
    fprintf(w->file, " %s type %s%s accept\n", is_v6(peer) ? "icmpv6" : "icmp", type, state);
}

struct way {
    const char *remote;       // where the peer's address stands
    const char *begun, *back; // its port, of a connection that we began, and of one that it began
    bool leaves;
    bool tracked;
};

static void put_peer(const struct writer *w, const struct airgap_peer *peer, const struct way *way)
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
static void put_fragments(const struct writer *w, const struct airgap_peer *peer)
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

// ---- Neighbours
// -----------------------------------------------------------------------------------

// Asks for the peer, answers the peer; and the other way round for what comes.
static void put_discovery(const struct writer *w, const struct airgap_peer *peer, bool leaves)
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

static void put_arp(const struct writer *w, const struct airgap_peer *peer)
{
    if (is_v6(peer))
        return;
    begin_rule(w, peer);
    fputs("arp operation { request, reply } arp daddr ip ", w->file);
    put_address(w, peer);
    fputs(" accept\n", w->file);
}

// ---- Chains
// ---------------------------------------------------------------------------------------

static bool enforces(const struct writer *w)
{
    return w->airgap->mode == MODE_ENFORCE;
}

static void begin_table(const struct writer *w, const char *family)
{
    fprintf(w->file, "table %s %s {\n%s", family, w->held ? RULESET_HELD : RULESET_TABLE,
            w->held ? "  flags owner\n" : "");
}

// The held chain comes right behind its twin: what that one drops is counted there.
static void begin_chain(const struct writer *w, const char *name, const char *hook, int priority)
{
    fprintf(w->file, "  chain %s {\n    type filter hook %s priority %d; policy %s;\n", name, hook,
            priority + w->held, enforces(w) ? "drop" : "accept");
}

static void put_inet(const struct writer *w, bool leaves)
{
    const struct way out = {"daddr", "dport", "sport", true, true},
                     in = {"saddr", "sport", "dport", false, true};
    fputs(leaves ? "    oif \"lo\" accept\n" : "    iif \"lo\" accept\n", w->file);
    for (size_t i = 0; i < w->airgap->n_peers; i++) {
        put_peer(w, &w->airgap->peers[i], leaves ? &out : &in);
        put_discovery(w, &w->airgap->peers[i], leaves);
    }
}

static void put_errors(const struct writer *w)
{
    fputs("    ct state related icmp type { destination-unreachable, time-exceeded, "
          "parameter-problem } accept\n"
          "    ct state related icmpv6 type { destination-unreachable, packet-too-big, "
          "time-exceeded, parameter-problem } accept\n",
          w->file);
}

// About a flow of a peer's, to that peer.
static void put_errors_out(const struct writer *w)
{
    for (size_t i = 0; i < w->airgap->n_peers; i++) {
        const struct airgap_peer *peer = &w->airgap->peers[i];
        begin_rule(w, peer);
        fprintf(w->file, "%s daddr ", family_word(peer));
        put_address(w, peer);
        fprintf(w->file,
                " %s type { destination-unreachable, time-exceeded, parameter-problem%s } "
                "accept\n",
                is_v6(peer) ? "icmpv6" : "icmp", is_v6(peer) ? ", packet-too-big" : "");
    }
}

static void put_inet_table(const struct writer *w)
{
    begin_table(w, "inet");
    fputs("  counter input { }\n  counter output { }\n  counter forward { }\n", w->file);
    // Behind the tracking of connections (-200), before the rest.
    begin_chain(w, "output", "output", -150);
    put_inet(w, true);
    put_errors_out(w);
    fputs(LOG("output"), w->file);
    if (enforces(w))
        fputs("    meta l4proto tcp reject with tcp reset\n"
              "    reject with icmpx admin-prohibited\n",
              w->file);
    fputs("  }\n", w->file);
    begin_chain(w, "input", "input", -150);
    put_inet(w, false);
    put_errors(w);
    fputs(LOG("input") "  }\n", w->file);
    begin_chain(w, "forward", "forward", -150);
    fputs(LOG("forward") "  }\n}\n", w->file);
}

static void put_egress(const struct writer *w, const char *link, size_t number)
{
    const struct way out = {"daddr", "dport", "sport", true, false};
    fprintf(
        w->file,
        "  chain egress%zu {\n    type filter hook egress device \"%s\" priority %d; policy %s;\n",
        number, link, -500 + w->held, enforces(w) ? "drop" : "accept");
    for (size_t i = 0; i < w->airgap->n_peers; i++) {
        put_peer(w, &w->airgap->peers[i], &out);
        put_fragments(w, &w->airgap->peers[i]);
        put_discovery(w, &w->airgap->peers[i], true);
        put_arp(w, &w->airgap->peers[i]);
    }
    put_errors_out(w);
    fputs(LOG("egress") "  }\n", w->file);
}

static void put_netdev_table(const struct writer *w, char *const *links, size_t n_links)
{
    begin_table(w, "netdev");
    fputs("  counter egress { }\n", w->file);
    for (size_t i = 0; i < n_links; i++)
        put_egress(w, links[i], i);
    fputs("}\n", w->file);
}

static void put_arp_table(const struct writer *w)
{
    begin_table(w, "arp");
    begin_chain(w, "output", "output", 0);
    for (size_t i = 0; i < w->airgap->n_peers; i++)
        put_arp(w, &w->airgap->peers[i]);
    fputs("  }\n}\n", w->file);
}

static void put_bridge_table(const struct writer *w)
{
    begin_table(w, "bridge");
    begin_chain(w, "forward", "forward", 0);
    fputs("  }\n}\n", w->file);
}

// ---- All of it
// ------------------------------------------------------------------------------------

// What the kernel allows in a name, less what means something between quotes.
static bool is_link_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length >= IFNAMSIZ)
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] >= 0x7f || strchr("\"\\*$@", name[i]))
            return false;
    return true;
}

#define ANEW(family)                                                                               \
    "add table " family " " RULESET_TABLE "\ndelete table " family " " RULESET_TABLE "\n"

const char *ruleset_none(void)
{
    return ANEW("inet") ANEW("netdev") ANEW("arp") ANEW("bridge");
}

// An owner has to say so when it adds what is there already.
static void put_anew(const struct writer *w)
{
    for (size_t i = 0; w->held && ruleset_families[i]; i++)
        fprintf(w->file,
                "add table %s " RULESET_HELD " { flags owner; }\ndelete table %s " RULESET_HELD
                "\n",
                ruleset_families[i], ruleset_families[i]);
    if (!w->held)
        (void)fputs(ruleset_none(), w->file);
}

static int write_all(struct writer w, char *const *links, size_t n_links, char **ret_text)
{
    char *text = NULL;
    size_t length = 0;
    for (size_t i = 0; i < n_links; i++)
        if (!is_link_name(links[i]))
            return -EINVAL;
    w.file = open_memstream(&text, &length);
    if (!w.file)
        return -ENOMEM;
    put_anew(&w);
    put_inet_table(&w);
    put_netdev_table(&w, links, n_links);
    put_arp_table(&w);
    put_bridge_table(&w);
    if (fclose(w.file) != 0) {
        free(text);
        return -ENOMEM;
    }
    *ret_text = text;
    return 0;
}

int ruleset_for(const struct airgap *airgap, char *const *links, size_t n_links, char **ret_text)
{
    return write_all((struct writer){.airgap = airgap}, links, n_links, ret_text);
}

int ruleset_for_owner(const struct airgap *airgap, char *const *links, size_t n_links,
                      char **ret_text)
{
    return write_all((struct writer){.airgap = airgap, .held = true}, links, n_links, ret_text);
}
