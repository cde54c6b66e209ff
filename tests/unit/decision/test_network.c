// SPDX-License-Identifier: GPL-3.0-or-later
#include "decision/network.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static const uint8_t mac[NET_MAC_SIZE] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

static struct net_link office(void)
{
    struct net_link link = {
        .index = 2,
        .name = (char *)"enp0s31f6",
        .has_mac = true,
        .driver = (char *)"e1000e",
        .path = (char *)"pci-0000:00:1f.6",
        .up = true,
    };
    memcpy(link.mac, mac, sizeof mac);
    return link;
}

static struct link_verdict decide(struct airgap_link *named, const struct net_link *link)
{
    const struct airgap airgap = {.links = named, .n_links = named != NULL};
    struct link_verdict verdict;
    decide_link(&airgap, link, &verdict);
    return verdict;
}

Test(decide_link, loopback_passes_and_nothing_else_does_by_itself)
{
    struct net_link link = office();
    struct link_verdict verdict = decide(NULL, &link);
    cr_expect(!verdict.allowed && verdict.breach);
    cr_expect_eq(verdict.reason, LINK_NOT_NAMED);
    link.loopback = true;
    verdict = decide(NULL, &link);
    cr_expect(verdict.allowed && !verdict.breach);
    cr_expect_eq(verdict.reason, LINK_LOOPBACK);
}

Test(decide_link, one_that_is_down_breaks_nothing)
{
    struct net_link link = office();
    link.up = false;
    link.routed = true;
    const struct link_verdict verdict = decide(NULL, &link);
    cr_expect(!verdict.allowed && !verdict.breach);
}

Test(decide_link, all_that_an_entry_states_has_to_be_so)
{
    struct airgap_link named = {.has_mac = true};
    struct net_link link = office();
    memcpy(named.mac, mac, sizeof mac);
    cr_expect(decide(&named, &link).allowed);
    named.driver = (char *)"e1000e";
    named.path = (char *)"pci-0000:00:1f.6";
    const struct link_verdict verdict = decide(&named, &link);
    cr_expect(verdict.allowed && !verdict.breach);
    cr_expect_eq(verdict.reason, LINK_NAMED);
    cr_expect_eq(verdict.link, &named);

    link.path = (char *)"pci-0000:00:14.0-usb-0:3:1.0";
    cr_expect(!decide(&named, &link).allowed);
    link = office();
    link.driver = NULL;
    cr_expect(!decide(&named, &link).allowed);
    link = office();
    link.mac[5]++;
    cr_expect(!decide(&named, &link).allowed);
    link.has_mac = false;
    memcpy(link.mac, mac, sizeof mac);
    cr_expect(!decide(&named, &link).allowed);
}

Test(decide_link, what_is_made_by_software_passes_only_by_its_address)
{
    struct airgap_link named = {.driver = (char *)"e1000e"};
    struct net_link link = office();
    link.driver = link.path = NULL;
    link.kind = (char *)"bridge";
    cr_expect(!decide(&named, &link).allowed);
    named = (struct airgap_link){.has_mac = true};
    memcpy(named.mac, mac, sizeof mac);
    cr_expect(decide(&named, &link).allowed);
}

Test(decide_link, a_default_route_is_a_breach_also_on_one_that_is_named)
{
    struct airgap_link named = {.driver = (char *)"e1000e"};
    struct net_link link = office();
    link.routed = true;
    struct link_verdict verdict = decide(&named, &link);
    cr_expect(verdict.allowed && verdict.breach);
    cr_expect_eq(verdict.reason, LINK_DEFAULT_ROUTE);
    verdict = decide(NULL, &link);
    cr_expect(verdict.breach);
    cr_expect_eq(verdict.reason, LINK_NOT_NAMED, "the graver one");
    link.loopback = true;
    cr_expect(decide(NULL, &link).breach);
}

// ---- Radios ------------------------------------------------------------------------------------

static struct radio_verdict decide_on(uint32_t radios, enum radio_type type, bool soft, bool hard)
{
    const struct airgap airgap = {.radios = radios};
    const struct radio radio = {.type = type, .soft = soft, .hard = hard};
    struct radio_verdict verdict;
    decide_radio(&airgap, &radio, &verdict);
    return verdict;
}

Test(decide_radio, only_the_types_that_the_policy_names_may_be_on)
{
    for (enum radio_type t = 0; t < RADIO_TYPE_MAX; t++) {
        struct radio_verdict verdict = decide_on(0, t, false, false);
        cr_expect_eq(verdict.allowed, t == RADIO_GPS, "%s", radio_type_to_str(t));
        cr_expect_eq(verdict.breach, t != RADIO_GPS, "%s", radio_type_to_str(t));
        cr_expect_eq(verdict.reason, t == RADIO_GPS ? RADIO_RECEIVES : RADIO_NOT_NAMED);
        verdict = decide_on(1U << RADIO_BLUETOOTH, t, false, false);
        cr_expect_eq(verdict.allowed, t == RADIO_GPS || t == RADIO_BLUETOOTH);
    }
    cr_expect_eq(decide_on(1U << RADIO_WIFI, RADIO_WIFI, false, false).reason, RADIO_NAMED);
}

Test(decide_radio, one_that_is_blocked_by_software_or_a_switch_breaks_nothing)
{
    cr_expect(!decide_on(0, RADIO_WIFI, true, false).breach);
    cr_expect(!decide_on(0, RADIO_WIFI, false, true).breach);
    cr_expect(!decide_on(0, RADIO_WIFI, false, true).allowed, "the switch may be turned");
}

Test(decide_radio, every_reason_has_a_word_that_leads_back_to_it)
{
    for (enum radio_reason r = 0; r < RADIO_REASON_MAX; r++) {
        enum radio_reason back;
        cr_assert_eq(radio_reason_from_str(radio_reason_to_str(r), &back), 0);
        cr_expect_eq(back, r);
    }
    enum radio_reason none;
    cr_expect_eq(radio_reason_from_str("not-named", &none), -EINVAL);
}
