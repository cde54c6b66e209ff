// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/airgap.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct airgap *made;
static char *text;
static size_t length;

static void set_up(void)
{
    const uint8_t mac[NET_MAC_SIZE] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    struct airgap_link link = {.name = (char *)"2階LAN", .has_mac = true};
    struct airgap_peer peer = {.name = (char *)"printer", .direction = AIRGAP_BOTH};
    memcpy(link.mac, mac, sizeof mac);
    cr_assert_eq(airgap_new_fallback(MODE_ENFORCE, &made), 0);
    cr_assert_eq(airgap_add_link(made, &link), 0);
    cr_assert_eq(airgap_parse_address("192.168.10.0/28", &peer), 0);
    cr_assert_eq(airgap_parse_ports("9100,139,445-450", &peer), 0);
    cr_assert_eq(airgap_add_peer(made, &peer), 0);
    peer = (struct airgap_peer){.name = (char *)"server", .protocol = AIRGAP_ICMP, .until_ns = 5};
    cr_assert_eq(airgap_parse_address("fd00::20", &peer), 0);
    cr_assert_eq(airgap_add_peer(made, &peer), 0);
    made->radios = 1U << RADIO_WIFI | 1U << RADIO_NFC;
    cr_assert_eq(airgap_encode(made, &text, &length), 0);
}

static void tear_down(void)
{
    airgap_free(made);
    free(text);
}

TestSuite(airgap, .init = set_up, .fini = tear_down);

Test(airgap, a_file_gives_back_what_was_written)
{
    CLEANUP(airgap_free_p) struct airgap *read = NULL;
    char address[AIRGAP_ADDRESS_SIZE];
    cr_assert_eq(airgap_decode(text, length, &read), 0);
    cr_expect(read->mode == MODE_ENFORCE && read->n_links == 1 && read->n_peers == 2);
    cr_expect_str_eq(read->links[0].name, "2階LAN");
    airgap_format_address(&read->peers[0], address);
    cr_expect_str_eq(address, "192.168.10.0/28");
    CLEANUP_FREE char *ports = airgap_format_ports(&read->peers[0]);
    cr_expect_str_eq(ports, "139,445-450,9100");
    airgap_format_address(&read->peers[1], address);
    cr_expect_str_eq(address, "fd00::20");
    cr_expect_eq(read->peers[1].protocol, AIRGAP_ICMP);
    cr_expect(read->peers[0].until_ns == 0 && read->peers[1].until_ns == 5);
    cr_expect_eq(read->radios, 1U << RADIO_WIFI | 1U << RADIO_NFC);
}

Test(airgap, a_file_of_before_there_were_radios_permits_none)
{
    CLEANUP(airgap_free_p) struct airgap *read = NULL;
    CLEANUP_FREE char *old = NULL;
    made->radios = 0;
    cr_assert_eq(airgap_encode(made, &old, &length), 0);
    cr_expect_null(strstr(old, "radios"));
    cr_assert_eq(airgap_decode(old, length, &read), 0);
    cr_expect_eq(read->radios, 0);
}

Test(airgap, a_copy_permits_the_same_radios)
{
    CLEANUP(airgap_free_p) struct airgap *copy = NULL;
    cr_assert_eq(airgap_copy_lasting(made, &copy), 0);
    cr_expect_eq(copy->radios, made->radios);
}

Test(airgap, a_damaged_file_is_refused_as_a_whole)
{
    struct airgap *read = NULL;
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)(text[i] ^ 1);
        cr_expect_lt(airgap_decode(text, length, &read), 0, "byte %zu", i);
        text[i] = (char)(text[i] ^ 1);
        cr_expect_lt(airgap_decode(text, i, &read), 0, "cut at %zu", i);
    }
    cr_expect_null(read);
}

Test(airgap, another_version_is_told_apart_from_damage)
{
    struct airgap *read = NULL;
    char *version = strstr(text, " 1 ");
    version[1] = '2';
    cr_expect_eq(airgap_decode(text, length, &read), -EPROTONOSUPPORT);
    memcpy(text, "sekisho-gate  ", strlen("sekisho-airgap"));
    cr_expect_eq(airgap_decode(text, length, &read), -EBADMSG);
}

Test(airgap, ports_are_put_in_order_and_joined)
{
    struct airgap_peer peer = {0};
    cr_assert_eq(airgap_parse_ports("80,1-10,5-20,82,81,65535", &peer), 0);
    CLEANUP_FREE char *ports = airgap_format_ports(&peer);
    cr_expect_str_eq(ports, "1-20,80-82,65535");
    cr_assert_eq(airgap_parse_ports("1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31", &peer), 0);
    cr_expect_eq(peer.n_ports, AIRGAP_PORTS_MAX);
    cr_expect_eq(airgap_parse_ports("1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33", &peer),
                 -ENOSPC);
    cr_expect_eq(peer.n_ports, AIRGAP_PORTS_MAX, "untouched");
}

Test(airgap, there_are_no_more_than_the_limits)
{
    struct airgap_link link = {.driver = (char *)"d"};
    struct airgap_peer peer = {.name = (char *)"p", .family = AF_INET, .prefix = 32};
    while (made->n_links < AIRGAP_LINKS_MAX)
        cr_assert_eq(airgap_add_link(made, &link), 0);
    cr_expect_eq(airgap_add_link(made, &link), -ENOSPC);
    while (made->n_peers < AIRGAP_PEERS_MAX)
        cr_assert_eq(airgap_add_peer(made, &peer), 0);
    cr_expect_eq(airgap_add_peer(made, &peer), -ENOSPC);
}

Test(airgap, without_a_file_nothing_but_loopback_passes)
{
    CLEANUP(airgap_free_p) struct airgap *nothing = NULL;
    cr_assert_eq(airgap_new_fallback(MODE_ENFORCE, &nothing), 0);
    cr_expect_eq(nothing->n_links + nothing->n_peers, 0);
}
