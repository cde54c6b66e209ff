// SPDX-License-Identifier: GPL-3.0-or-later
// What the rules say; what they do is tried with frames, in tests/daemon/test_airgap.py.
#include "base/text.h"
#include "enforce/ruleset.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

static struct airgap *airgap_of(enum airgap_protocol protocol, enum airgap_direction direction,
                                const char *address, const char *ports, uint64_t until_ns)
{
    struct airgap *airgap = NULL;
    struct airgap_peer peer = {
        .name = (char *)"peer", .protocol = protocol, .direction = direction, .until_ns = until_ns};
    cr_assert_eq(airgap_new_fallback(MODE_ENFORCE, &airgap), 0);
    cr_assert_eq(airgap_parse_address(address, &peer), 0);
    if (ports)
        cr_assert_eq(airgap_parse_ports(ports, &peer), 0);
    cr_assert_eq(airgap_add_peer(airgap, &peer), 0);
    return airgap;
}

static char *rules_of(const struct airgap *airgap)
{
    char *rules = NULL;
    cr_assert_eq(ruleset_for(airgap, (char *const[]){(char *)"eth0"}, 1, &rules), 0);
    return rules;
}

static void expect_rule(enum airgap_protocol protocol, enum airgap_direction direction,
                        const char *ports, const char *expected)
{
    CLEANUP(airgap_free_p)
    struct airgap *airgap = airgap_of(protocol, direction, "192.0.2.7", ports, 0);
    CLEANUP_FREE char *rules = rules_of(airgap);
    cr_expect(strstr(rules, expected), "\"%s\" is not in\n%s", expected, rules);
}

Test(enforce_ruleset, whom_we_go_to_may_answer_by_tcp_and_not_begin)
{
    expect_rule(AIRGAP_TCP, AIRGAP_OUT, "445",
                "hook input priority -150; policy drop;\n"
                "    tcp flags ack,rst ip saddr . tcp sport vmap { 192.0.2.7 . 445 : accept }\n");
    expect_rule(AIRGAP_TCP, AIRGAP_OUT, "445-450",
                "chain input_peer0 {\n"
                "    ip saddr 192.0.2.7 tcp sport { 445-450 } tcp flags ack,rst accept\n  }");
    expect_rule(AIRGAP_TCP, AIRGAP_OUT, NULL,
                "ip saddr 192.0.2.7 meta l4proto tcp tcp flags ack,rst accept\n");
}

Test(enforce_ruleset, whoever_comes_to_us_by_tcp_is_answered_and_not_gone_to)
{
    static const char *const heads[] = {
        "hook output priority -150; policy drop;\n",
        "device \"eth0\" priority -500; policy drop;\n",
    };
    for (size_t i = 0; i < ELEMENTS(heads); i++) {
        CLEANUP_FREE char *rule =
            text_format("%s    tcp flags ack,rst ip daddr . tcp sport vmap "
                        "{ 192.0.2.7 . 22 : accept, 192.0.2.7 . 80 : accept }\n",
                        heads[i]);
        expect_rule(AIRGAP_TCP, AIRGAP_IN, "22,80", rule);
    }
    expect_rule(AIRGAP_TCP, AIRGAP_IN, "22,80-90",
                "chain output_peer0 {\n"
                "    ip daddr 192.0.2.7 tcp sport { 22, 80-90 } tcp flags ack,rst accept\n");
    expect_rule(AIRGAP_TCP, AIRGAP_IN, "22,80-90",
                "chain egress_peer0 {\n"
                "    ip daddr 192.0.2.7 tcp sport { 22, 80-90 } tcp flags ack,rst accept\n");
}

Test(enforce_ruleset, udp_is_answered_by_both_ends)
{
    expect_rule(AIRGAP_UDP, AIRGAP_OUT, "123",
                "ip saddr 192.0.2.7 udp sport { 123 } "
                "ip saddr . udp sport . ip daddr . udp dport @ip_ours "
                "update @ip_ours { ip saddr . udp sport . ip daddr . udp dport } accept\n");
    expect_rule(AIRGAP_UDP, AIRGAP_IN, "514",
                "ip daddr 192.0.2.7 udp sport { 514 } "
                "ip daddr . udp dport . ip saddr . udp sport @ip_theirs "
                "update @ip_theirs { ip daddr . udp dport . ip saddr . udp sport } accept\n");
}

// ---- Every kind of peer ------------------------------------------------------------------------

static void expect_taken_by_nft(const char *rules)
{
    FILE *nft = popen("nft --check --file -", "w");
    cr_assert(nft);
    cr_expect_geq(fputs(rules, nft), 0);
    cr_expect_eq(pclose(nft), 0, "%s", rules);
}

static void check_peer(enum airgap_protocol protocol, enum airgap_direction direction,
                       const char *address, const char *ports, uint64_t until_ns)
{
    CLEANUP(airgap_free_p)
    struct airgap *airgap = airgap_of(protocol, direction, address, ports, until_ns);
    CLEANUP_FREE char *rules = rules_of(airgap);
    cr_expect_not(strstr(rules, " ct "), "connections are tracked, which each packet pays for");
    expect_taken_by_nft(rules);
}

Test(enforce_ruleset, nft_takes_the_rules_of_every_kind_of_peer)
{
    static const char *const addresses[] = {"192.0.2.7", "198.51.100.0/23", "2001:db8::7",
                                            "2001:db8:8000::/33"};
    static const char *const ports[] = {NULL, "139,445", "1-2", "139,445,8000-8010"};
    cr_assert_eq(unshare(CLONE_NEWNET), 0, "needs root");
    cr_assert_eq(system("ip link add eth0 type veth peer name other"), 0);
    for (int protocol = 0; protocol < AIRGAP_PROTOCOL_MAX; protocol++)
        for (int direction = 0; direction < AIRGAP_DIRECTION_MAX; direction++)
            for (size_t i = 0; i < ELEMENTS(addresses); i++)
                for (size_t j = 0; j < (protocol == AIRGAP_ICMP ? 1 : ELEMENTS(ports)); j++) {
                    check_peer(protocol, direction, addresses[i], ports[j], 0);
                    check_peer(protocol, direction, addresses[i], ports[j], UINT64_C(1) << 60);
                }
}
