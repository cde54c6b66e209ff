// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the headers of IPv4 and IPv6, as far as a person wants to know: where to, and what for.
#include "fact/net_attempt.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#define IPV4_SIZE 20
#define IPV6_SIZE 40
#define EXTENSIONS_MAX 8 // of IPv6; a packet with more says nothing of its protocol

static uint16_t read_u16(const uint8_t *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static bool is_echo(const struct net_attempt *attempt, uint8_t type)
{
    return (attempt->protocol == IPPROTO_ICMP && type == 8) ||
           (attempt->protocol == IPPROTO_ICMPV6 && type == 128);
}

static void read_port(const uint8_t *data, size_t length, struct net_attempt *attempt)
{
    bool has_port = attempt->protocol == IPPROTO_TCP || attempt->protocol == IPPROTO_UDP ||
                    attempt->protocol == IPPROTO_SCTP || attempt->protocol == IPPROTO_UDPLITE;
    if (has_port && length >= 4) {
        attempt->source_port = read_u16(data);
        attempt->port = read_u16(data + 2);
    } else if (length >= 6 && is_echo(attempt, data[0])) {
        attempt->source_port = read_u16(data + 4);
    }
}

static void parse_ipv4(const uint8_t *data, size_t length, struct net_attempt *attempt)
{
    if (length < IPV4_SIZE || data[0] >> 4 != 4)
        return;
    size_t header = (size_t)(data[0] & 0x0f) * 4;
    attempt->protocol = data[9];
    memcpy(attempt->source, data + 12, 4);
    memcpy(attempt->destination, data + 16, 4);
    bool is_first = (read_u16(data + 6) & 0x1fff) == 0; // of its fragments: only it has the port
    if (is_first && header >= IPV4_SIZE && header <= length)
        read_port(data + header, length - header, attempt);
}

static bool is_extension(uint8_t next)
{
    return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
           next == IPPROTO_FRAGMENT;
}

static void parse_ipv6(const uint8_t *data, size_t length, struct net_attempt *attempt)
{
    if (length < IPV6_SIZE || data[0] >> 4 != 6)
        return;
    memcpy(attempt->source, data + 8, 16);
    memcpy(attempt->destination, data + 24, 16);
    uint8_t next = data[6];
    size_t at = IPV6_SIZE;
    bool is_first = true;
    // Behind the header of a later fragment stands what is in its middle.
    for (int i = 0; i < EXTENSIONS_MAX && is_first && is_extension(next); i++) {
        if (length - at < 8)
            return;
        bool is_fragment = next == IPPROTO_FRAGMENT;
        size_t size = is_fragment ? 8 : ((size_t)data[at + 1] + 1) * 8;
        is_first = !is_fragment || (read_u16(data + at + 2) & 0xfff8) == 0;
        next = data[at];
        if (size > length - at)
            return;
        at += size;
    }
    if (is_extension(next))
        return;
    attempt->protocol = next;
    if (is_first)
        read_port(data + at, length - at, attempt);
}

void net_attempt_parse(uint16_t ethertype, const uint8_t *data, size_t length,
                       struct net_attempt *attempt)
{
    attempt->ethertype = ethertype;
    if (ethertype == ETHERTYPE_IP)
        parse_ipv4(data, length, attempt);
    else if (ethertype == ETHERTYPE_IPV6)
        parse_ipv6(data, length, attempt);
}

void net_attempt_format(const struct net_attempt *attempt, bool destination,
                        char ret[NET_ADDRESS_TEXT_SIZE])
{
    const uint8_t *address = destination ? attempt->destination : attempt->source;
    int family = attempt->ethertype == ETHERTYPE_IP     ? AF_INET
                 : attempt->ethertype == ETHERTYPE_IPV6 ? AF_INET6
                                                        : AF_UNSPEC;
    ret[0] = '\0';
    if (family != AF_UNSPEC)
        (void)inet_ntop(family, address, ret, NET_ADDRESS_TEXT_SIZE);
}
