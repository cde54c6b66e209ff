// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/net_attempt.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t udp4[] = {0x45, 0, 0,   36, 0,   0,  0,    0,    64, 17, 0, 0,  192, 0,
                               2,    1, 198, 51, 100, 53, 0x9c, 0x40, 0,  53, 0, 16, 0,   0};

static struct net_attempt parse(uint16_t ethertype, const void *data, size_t length)
{
    struct net_attempt attempt = {0};
    net_attempt_parse(ethertype, data, length, &attempt);
    return attempt;
}

Test(net_attempt, where_to_and_what_for_are_read)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    const struct net_attempt attempt = parse(0x0800, udp4, sizeof udp4);
    cr_expect(attempt.protocol == 17 && attempt.port == 53 && attempt.source_port == 40000);
    net_attempt_format(&attempt, true, text);
    cr_expect_str_eq(text, "198.51.100.53");
    net_attempt_format(&attempt, false, text);
    cr_expect_str_eq(text, "192.0.2.1");
}

Test(net_attempt, a_later_fragment_has_no_port)
{
    uint8_t fragment[sizeof udp4];
    memcpy(fragment, udp4, sizeof udp4);
    fragment[7] = 1;
    cr_expect_eq(parse(0x0800, fragment, sizeof fragment).port, 0);
    cr_expect_eq(parse(0x0800, fragment, sizeof fragment).protocol, 17);
}

Test(net_attempt, a_ping_has_its_identifier)
{
    uint8_t ping[sizeof udp4];
    memcpy(ping, udp4, sizeof udp4);
    ping[9] = 1, ping[20] = 8, ping[24] = 0x12, ping[25] = 0x34;
    cr_expect_eq(parse(0x0800, ping, sizeof ping).source_port, 0x1234);
    ping[20] = 3; // an error has none
    cr_expect_eq(parse(0x0800, ping, sizeof ping).source_port, 0);
}

Test(net_attempt, what_stands_between_the_headers_of_ipv6_is_passed_over)
{
    uint8_t packet[40 + 8 + 8] = {0x60, 0, 0, 0, 0, 16, 0};
    char text[NET_ADDRESS_TEXT_SIZE];
    packet[24] = 0x20, packet[25] = 0x01, packet[39] = 7;
    packet[40] = 6; // hop-by-hop options, then TCP
    packet[50] = 0x1f, packet[51] = 0x90;
    const struct net_attempt attempt = parse(0x86dd, packet, sizeof packet);
    cr_expect(attempt.protocol == 6 && attempt.port == 8080);
    net_attempt_format(&attempt, true, text);
    cr_expect_str_eq(text, "2001::7");
    packet[41] = 200; // longer than the packet
    cr_expect_eq(parse(0x86dd, packet, sizeof packet).protocol, 0);
}

// Of a later fragment whose extension headers are in the first one.
Test(net_attempt, the_middle_of_an_ipv6_packet_is_not_taken_for_headers)
{
    uint8_t packet[40 + 8 + 16] = {0x60, 0, 0, 0, 0, 24, 44};
    packet[40] = 60, packet[43] = 0x10; // options for the destination, begun 16 bytes earlier
    packet[48] = 6, packet[58] = 0x1f;  // looks like them, and like TCP behind them
    cr_expect_eq(parse(0x86dd, packet, sizeof packet).protocol, 0);
    cr_expect_eq(parse(0x86dd, packet, sizeof packet).port, 0);
    packet[43] = 0;
    cr_expect_eq(parse(0x86dd, packet, sizeof packet).protocol, 6);
    cr_expect_eq(parse(0x86dd, packet, sizeof packet).port, 0x1f00);
}

// Each in memory of its own, so that a byte too far is noticed.
Test(net_attempt, what_is_cut_off_is_not_read)
{
    for (size_t length = 0; length < sizeof udp4; length++) {
        uint8_t *part = malloc(length + 1);
        memcpy(part, udp4, length);
        part = realloc(part, length ? length : 1);
        const struct net_attempt attempt = parse(0x0800, part, length);
        cr_expect_eq(attempt.port, length >= 24 ? 53 : 0, "%zu", length);
        (void)parse(0x86dd, part, length);
        free(part);
    }
}

Test(net_attempt, other_protocols_have_no_address)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    const struct net_attempt attempt = parse(0x88b5, udp4, sizeof udp4);
    net_attempt_format(&attempt, true, text);
    cr_expect_str_eq(text, "");
    cr_expect_eq(attempt.ethertype, 0x88b5);
}
