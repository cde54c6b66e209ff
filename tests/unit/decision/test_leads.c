// SPDX-License-Identifier: GPL-3.0-or-later
#include "decision/leads.h"

#include "base/text.h"

#include <criterion/criterion.h>

static struct airgap_peer peers[2];
static const struct airgap airgap = {.peers = peers, .n_peers = ELEMENTS(peers)};

static void set_up(void)
{
    peers[0] = (struct airgap_peer){.name = (char *)"names", .protocol = AIRGAP_UDP};
    cr_assert_eq(airgap_parse_address("192.0.2.0/28", &peers[0]), 0);
    cr_assert_eq(airgap_parse_ports("53", &peers[0]), 0);
    peers[1] = (struct airgap_peer){.name = (char *)"printer", .protocol = AIRGAP_TCP};
    cr_assert_eq(airgap_parse_address("192.0.2.77", &peers[1]), 0);
    cr_assert_eq(airgap_parse_ports("9100", &peers[1]), 0);
}

TestSuite(leads, .init = set_up);

// `expected`: NULL for none.
static void expect_resolver(const char *text, const char *expected)
{
    CLEANUP_FREE char *found = NULL;
    cr_assert_eq(leads_find_resolver(text, &airgap, &found), 0);
    cr_expect(text_equal(found, expected), "%s: %s", text, found ? found : "none");
}

static void expect_proxy(const char *text, const char *expected)
{
    CLEANUP_FREE char *found = NULL;
    cr_assert_eq(leads_find_proxy(text, &found), 0);
    cr_expect(text_equal(found, expected), "%s: %s", text, found ? found : "none");
}

Test(leads, a_name_server_that_nobody_has_named_leads_out)
{
    expect_resolver("search example.jp\nnameserver 198.51.100.1\n", "198.51.100.1");
    expect_resolver("nameserver\t2001:db8::1", "2001:db8::1");
    expect_resolver("nameserver fe80::1%eth0", "fe80::1%eth0");
    expect_resolver("nameserver 127.0.0.53\nnameserver 198.51.100.1", "198.51.100.1");
}

Test(leads, one_on_this_computer_and_a_named_one_do_not)
{
    expect_resolver("", NULL);
    expect_resolver("nameserver 127.0.0.53\noptions edns0", NULL);
    expect_resolver("nameserver ::1", NULL);
    expect_resolver("nameserver 192.0.2.3", NULL);
    expect_resolver("# nameserver 198.51.100.1\n;nameserver 198.51.100.1\nnameserver", NULL);
}

Test(leads, a_peer_that_answers_no_names_is_none)
{
    expect_resolver("nameserver 192.0.2.77", "192.0.2.77");
    expect_resolver("nameserver 192.0.2.16", "192.0.2.16");
}

Test(leads, what_is_no_address_is_not_taken_for_harmless)
{
    expect_resolver("nameserver ns.example.jp", "ns.example.jp");
    expect_resolver("nameserver 127.1", "127.1");
    expect_resolver("nameserver \x1b[2J", "\\x1b[2J");
}

Test(leads, a_proxy_leads_out_wherever_it_is)
{
    expect_proxy("PATH=/bin\nhttp_proxy=http://192.0.2.3:3128\n", "http://192.0.2.3:3128");
    expect_proxy("HTTPS_PROXY=\"http://127.0.0.1:8080/\"", "http://127.0.0.1:8080/");
    expect_proxy("  export all_proxy='socks5://h'", "socks5://h");
}

Test(leads, what_is_empty_or_another_setting_is_none)
{
    expect_proxy("", NULL);
    expect_proxy("http_proxy=\nno_proxy=localhost\nMY_http_proxy=x\n#http_proxy=x", NULL);
}
