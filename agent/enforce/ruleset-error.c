// SPDX-License-Identifier: GPL-3.0-or-later
// An error quotes the head of the packet that it is about, 8 bytes into ICMP (RFC 792, RFC 4443):
// what it says of a peer is read there. The kernel then looks for the socket of ours that has sent
// this, and for TCP whether the number is one that is under way; without a socket nothing happens.
#include "enforce/ruleset-error.h"

// Where the quoted packet has its fields, in bits from the beginning of ICMP; of IPv4 without
// options and of IPv6 without extensions, as ours are.
struct quote {
    const char *version; // with its value
    unsigned protocol, destination, address_bits, transport;
};

static const struct quote quote4 = {"@th,64,8 0x45", 136, 192, 32, 224};
static const struct quote quote6 = {"@th,64,4 6", 112, 256, 128, 384};

static unsigned protocol_number(const struct airgap_peer *peer)
{
    static const unsigned numbers[] = {[AIRGAP_TCP] = IPPROTO_TCP, [AIRGAP_UDP] = IPPROTO_UDP};
    if (peer->protocol == AIRGAP_ICMP)
        return ruleset_is_v6(peer) ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    return numbers[peer->protocol];
}

// `at`: of the quoted bytes that tell the flow, in bits from their transport header; `port`: they
// are one.
static void put_error(const struct ruleset_writer *w, const struct airgap_peer *peer, unsigned at)
{
    const struct quote *quote = ruleset_is_v6(peer) ? &quote6 : &quote4;
    ruleset_begin_rule(w, peer);
    fprintf(w->file, "%s @th,%u,8 %u @th,%u,%u", quote->version, quote->protocol,
            protocol_number(peer), quote->destination, quote->address_bits);
    ruleset_put_masked(w, peer);
    if (peer->n_ports > 0) {
        fprintf(w->file, " @th,%u,16", quote->transport + at);
        ruleset_put_ports(w, peer);
    }
    fputs(" accept\n", w->file);
}

// Of an echo the kernel takes the size that fits from anybody, without a look for who has sent it,
// and for all that goes to that address: it may say anything else.
static void put_error_of_echo(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    const struct quote *quote = ruleset_is_v6(peer) ? &quote6 : &quote4;
    ruleset_begin_rule(w, peer);
    fprintf(w->file, "%s %s @th,%u,8 %u @th,%u,%u",
            ruleset_is_v6(peer) ? "icmpv6 type != packet-too-big" : "icmp code != 4",
            quote->version, quote->protocol, protocol_number(peer), quote->destination,
            quote->address_bits);
    ruleset_put_masked(w, peer);
    fprintf(w->file, " @th,%u,8 %u accept\n", quote->transport, ruleset_is_v6(peer) ? 128 : 8);
}

static void put_errors_of(const struct ruleset_writer *w, const struct airgap_peer *peer)
{
    if (peer->protocol == AIRGAP_ICMP) {
        if (peer->direction != AIRGAP_IN)
            put_error_of_echo(w, peer);
        return;
    }
    if (peer->direction != AIRGAP_IN)
        put_error(w, peer, 16); // the port that it was sent to
    if (peer->direction != AIRGAP_OUT && (peer->n_ports > 0 || peer->direction == AIRGAP_IN))
        put_error(w, peer, 0); // the port that it was sent from
}

static void put_chain(const struct ruleset_writer *w, int family)
{
    fprintf(w->file, "  chain errors_%s {\n", family == AF_INET6 ? "ip6" : "ip");
    for (size_t i = 0; i < w->airgap->n_peers; i++)
        if (w->airgap->peers[i].family == family)
            put_errors_of(w, &w->airgap->peers[i]);
    fputs("  }\n", w->file);
}

void ruleset_put_error_chains(const struct ruleset_writer *w)
{
    put_chain(w, AF_INET);
    put_chain(w, AF_INET6);
}

void ruleset_put_errors(const struct ruleset_writer *w)
{
    fputs("    icmp type { destination-unreachable, time-exceeded, parameter-problem } "
          "jump errors_ip\n"
          "    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, "
          "parameter-problem } jump errors_ip6\n",
          w->file);
}
