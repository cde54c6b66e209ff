// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy_folder.h"

#include <arpa/inet.h>

TestSuite(network, .init = set_up, .fini = tear_down);

Test(network, nothing_may_be_reached_unless_the_policy_says_so)
{
    put("policy.conf", "network = { };\n");
    load_good();
    cr_expect_eq(policy->network.n_links + policy->network.n_peers, 0);
}

Test(network, links_and_peers_of_several_files_add_up)
{
    put("policy.conf", "network = {\n"
                       " links = ( { name = \"2階LAN\"; mac = \"52:54:00:12:34:56\"; } );\n"
                       " peers = ( { name = \"プリンタ\"; address = \"192.168.10.20\";\n"
                       "   protocol = \"tcp\"; ports = \"9101,9100,515\"; } );\n};\n");
    put("policy.d/10.conf", "network = {\n"
                            " links = ( { driver = \"e1000e\"; path = \"pci-0000:00:1f.6\"; } );\n"
                            " peers = ( { name = \"server\"; address = \"fd00::/64\";\n"
                            "   protocol = \"udp\"; direction = \"both\"; } );\n};\n");
    load_good();
    const struct airgap *network = &policy->network;
    cr_assert(network->n_links == 2 && network->n_peers == 2);
    cr_expect(network->links[0].has_mac && network->links[0].mac[5] == 0x56);
    cr_expect_str_eq(network->links[0].name, "2階LAN");
    cr_expect_str_eq(network->links[1].driver, "e1000e");
    cr_expect_eq(network->peers[0].direction, AIRGAP_OUT);
    cr_assert_eq(network->peers[0].n_ports, 2);
    cr_expect_eq(network->peers[0].ports[0].first, 515);
    cr_expect_eq(network->peers[0].ports[1].first, 9100);
    cr_expect_eq(network->peers[0].ports[1].last, 9101, "what touches is one range");
    cr_expect(network->peers[1].family == AF_INET6 && network->peers[1].prefix == 64);
    cr_expect(network->peers[1].protocol == AIRGAP_UDP &&
              network->peers[1].direction == AIRGAP_BOTH);

    struct airgap *compiled = NULL;
    cr_assert_eq(policy_compile_airgap(policy, MODE_ENFORCE, &compiled), 0);
    cr_expect(compiled->mode == MODE_ENFORCE && compiled->n_peers == 2 && compiled->n_links == 2);
    airgap_free(compiled);
}

#define PEER(address, rest)                                                                        \
    "network = { peers = (\n { name = \"p\"; address = \"" address "\"; " rest " } ); };\n"
#define TCP "protocol = \"tcp\";"

Test(network, every_malformed_address_is_a_mistake)
{
    static const char *const bad[][2] = {
        {PEER("192.168.10.256", TCP), "is no address"},
        {PEER("192.168.10", TCP), "is no address"},
        {PEER("010.0.0.1", TCP), "is no address"},
        {PEER("printer", TCP), "is no address"},
        {PEER("fd00:::1", TCP), "is no address"},
        {PEER("fd00::1%eth0", TCP), "is no address"},
        {PEER("192.168.10.1/", TCP), "is no address"},
        {PEER("192.168.10.1/x", TCP), "is no address"},
        {PEER("192.168.10.1/-1", TCP), "is no address"},
        {PEER("192.168.10.1/33", TCP), "out of range"},
        {PEER("0.0.0.0/0", TCP), "out of range"},
        {PEER("::/0", TCP), "out of range"},
        {PEER("fd00::/129", TCP), "out of range"},
        {PEER("127.0.0.1", TCP), "this computer itself"},
        {PEER("::1", TCP), "this computer itself"},
        {PEER("224.0.0.251", TCP), "multicast"},
        {PEER("ff02::fb", TCP), "multicast"},
        {PEER("0.0.0.0", TCP), "no address of a device"},
        {PEER("::", TCP), "no address of a device"},
        {PEER("::ffff:192.168.10.1", TCP), "another spelling"},
        {PEER("255.255.255.255", TCP), "can only be udp"},
    };
    for (size_t i = 0; i < ELEMENTS(bad); i++)
        expect_one(bad[i][0], 2, bad[i][1], "");
    expect_one(PEER("192.168.10.20/24", TCP), 2, "behind its prefix", "192.168.10.0/24");
    expect_one(PEER("fd00::20/64", TCP), 2, "behind its prefix", "fd00::/64");
}

Test(network, every_malformed_port_protocol_and_direction_is_a_mistake)
{
    expect_one(PEER("10.0.0.1", TCP " ports = \"0\";"), 2, "out of range", "1 to 65535");
    expect_one(PEER("10.0.0.1", TCP " ports = \"65536\";"), 2, "out of range", "");
    expect_one(PEER("10.0.0.1", TCP " ports = \"90-80\";"), 2, "out of range", "smaller one");
    expect_one(PEER("10.0.0.1", TCP " ports = \"80,\";"), 2, "no list of ports", "without spaces");
    expect_one(PEER("10.0.0.1", TCP " ports = \"80, 81\";"), 2, "no list of ports", "");
    expect_one(PEER("10.0.0.1", TCP " ports = \"http\";"), 2, "no list of ports", "");
    expect_one(PEER("10.0.0.1", TCP " ports = \"1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33\";"),
               2, "too many ports", "16");
    expect_one(PEER("10.0.0.1", "protocol = \"icmp\"; ports = \"80\";"), 2, "no ports", "out");
    expect_one(PEER("10.0.0.1", "protocol = \"tpc\";"), 2, "no protocol", "“tcp”");
    expect_one(PEER("10.0.0.1", TCP " direction = \"outward\";"), 2, "no direction", "\"out\"");
    expect_one(PEER("10.0.0.1", TCP " port = \"80\";"), 2, "port", "ports");
    expect_one(PEER("10.0.0.1", ""), 2, "protocol", "");
}

Test(network, every_malformed_link_is_a_mistake)
{
#define LINK(rest) "network = { links = (\n { " rest " } ); };\n"
    expect_one(LINK("mac = \"52:54:00:12:34\";"), 2, "no address of a network adapter", "net list");
    expect_one(LINK("mac = \"52-54-00-12-34-56\";"), 2, "no address", "");
    expect_one(LINK("mac = \"52:54:00:12:34:5g\";"), 2, "no address", "");
    expect_one(LINK("mac = \"00:00:00:00:00:00\";"), 2, "no address", "");
    expect_one(LINK("mac = \"ff:ff:ff:ff:ff:ff\";"), 2, "no address", "");
    expect_one(LINK("name = \"LAN\";"), 2, "names no link", "mac, driver or path");
    expect_one(LINK("driver = \"e1\\n\";"), 2, "cannot be shown", "");
    expect_one(
        "network = { links = ( { driver = \"e1\"; },\n { driver = \"e1\"; name = \"b\"; } ); };\n",
        2, "stands twice", "keep one");
    expect_one(
        "network = { peers = ( { name = \"a\"; address = \"10.0.0.1\"; protocol = \"udp\"; },\n"
        " { name = \"b\"; address = \"10.0.0.1\"; protocol = \"udp\"; } ); };\n",
        2, "stands twice", "keep one");
    expect_one("peers = ( );\n", 1, "no section", "into network");
}

Test(network, a_broadcast_by_udp_may_be_named)
{
    put("policy.conf", PEER("255.255.255.255", "protocol = \"udp\"; ports = \"67\";"));
    load_good();
    cr_expect_eq(policy->network.n_peers, 1);
}

Test(network, radios_that_may_be_on_are_named_by_type)
{
    put("policy.conf", "network = { radios = [\"wifi\", \"nfc\"]; };\n");
    put("policy.d/10.conf", "network = { radios = (\"bluetooth\"); };\n");
    load_good();
    cr_expect_eq(policy->network.radios,
                 1U << RADIO_WIFI | 1U << RADIO_NFC | 1U << RADIO_BLUETOOTH);

    struct airgap *compiled = NULL;
    cr_assert_eq(policy_compile_airgap(policy, MODE_ENFORCE, &compiled), 0);
    cr_expect_eq(compiled->radios, policy->network.radios);
    airgap_free(compiled);
}

Test(network, an_empty_list_of_radios_permits_none)
{
    put("policy.conf", "network = { radios = []; };\n");
    load_good();
    cr_expect_eq(policy->network.radios, 0);
}

Test(network, every_malformed_list_of_radios_is_a_mistake)
{
#define RADIOS(list) "network = {\n radios = " list ";\n};\n"
    expect_one(RADIOS("[\"wlan\"]"), 2, "no kind of radio", "“wifi”");
    expect_one(RADIOS("[\"Wi-Fi\"]"), 2, "no kind of radio", "“wifi”");
    expect_one(RADIOS("[\"bluetoth\"]"), 2, "no kind of radio", "“bluetooth”");
    expect_one(RADIOS("[\"LTE\"]"), 2, "no kind of radio", "“wwan”");
    expect_one(RADIOS("[\"zigbee\"]"), 2, "no kind of radio", "\"nfc\"");
    expect_one(RADIOS("[\"unknown\"]"), 2, "no kind of radio", "\"wifi\"");
    expect_one(RADIOS("[\"gps\"]"), 2, "only receives", "take it out");
    expect_one(RADIOS("[\"wifi\",\n \"wifi\"]"), 3, "stands twice", "keep one");
    expect_one(RADIOS("\"wifi\""), 2, "network.radios", "[\"wifi\", \"bluetooth\"]");
    expect_one(RADIOS("[1]"), 2, "network.radios", "");
    expect_one("network = { radio = [\"wifi\"]; };\n", 1, "radio", "radios");
}
