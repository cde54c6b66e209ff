// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/policy.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#define FRONT "pci-0000:00:14.0-usb-0:1"
#define BEHIND "pci-0000:00:14.0-usb-0:2.3"

static struct policy *parse(const char *usb)
{
    char text[512];
    struct policy *policy = NULL;
    (void)snprintf(text, sizeof text, "# /etc/sekisho/policy.conf\nusb = { %s };\n", usb);
    return policy_from_text(text, &policy) == 0 ? policy : NULL;
}

Test(ports, all_are_in_use_unless_the_policy_names_some)
{
    CLEANUP(policy_free_p) struct policy *silent = parse(""), *all = parse("ports = \"all\";");
    cr_assert(silent && all);
    cr_expect_eq(silent->ports.n, 0);
    cr_expect_eq(all->ports.n, 0);
}

Test(ports, a_list_reaches_the_gate_and_its_file)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL, *back = NULL;
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    CLEANUP(policy_free_p)
    struct policy *policy = parse("ports = ( \"" FRONT "\", \"" BEHIND "\" );");
    cr_assert_not_null(policy);
    cr_assert_eq(policy_compile_gate(policy, MODE_ENFORCE, NULL, 0, 0, &gate), 0);
    cr_assert_eq(gate_encode(gate, &text, &length), 0);
    cr_assert_eq(gate_decode(text, length, &back), 0);
    cr_assert_eq(back->ports.n, 2);
    cr_expect_str_eq(back->ports.names[1], BEHIND);
}

Test(ports, what_is_no_list_of_names_is_a_mistake)
{
    cr_expect_null(parse("ports = \"none\";"));
    cr_expect_null(parse("ports = ();"));
    cr_expect_null(parse("ports = ( \"1-2\" );"));
    cr_expect_null(parse("ports = ( 1 );"));
    cr_expect_null(parse("ports = true;"));
}

Test(ports, a_name_is_as_usb_list_shows_it)
{
    static const char *const wrong[] = {"",
                                        "-usb-0:1",
                                        "pci-0000:00:14.0-usb-0:",
                                        "pci-0000:00:14.0-usb-0:0",
                                        "pci-0000:00:14.0-usb-0:1.",
                                        "pci-0000:00:14.0-usb-0:1 ",
                                        "pci-0000:00:14.0-usb-0:1.x",
                                        "pci 0-usb-0:1"};
    cr_expect(gate_is_port_name(BEHIND));
    cr_expect(gate_is_port_name("pci-0000:00:01.2-platform-xhci-hcd.1.auto-usb-0:1"));
    for (size_t i = 0; i < ELEMENTS(wrong); i++)
        cr_expect_not(gate_is_port_name(wrong[i]), "%s", wrong[i]);
}

Test(ports, a_name_covers_what_is_behind_it_and_the_way_to_it)
{
    struct gate_ports ports = {0};
    cr_assert_eq(gate_ports_add(&ports, FRONT), 0);
    cr_assert_eq(gate_ports_add(&ports, BEHIND), 0);
    cr_expect(gate_ports_cover(&ports, FRONT));
    cr_expect(gate_ports_cover(&ports, FRONT ".4"));
    cr_expect(gate_ports_cover(&ports, "pci-0000:00:14.0-usb-0:2"), "the way to 2.3");
    cr_expect_not(gate_ports_cover(&ports, FRONT "1"));
    cr_expect_not(gate_ports_cover(&ports, "pci-0000:00:14.0-usb-0:2.4"));
    cr_expect_not(gate_ports_cover(&ports, "pci-0000:00:15.0-usb-0:1"));
    gate_ports_clear(&ports);
}

Test(ports, more_than_the_limit_are_refused)
{
    struct gate_ports ports = {0};
    for (size_t i = 0; i < GATE_PORTS_MAX; i++)
        cr_assert_eq(gate_ports_add(&ports, FRONT), 0);
    cr_expect_eq(gate_ports_add(&ports, FRONT), -ENOSPC);
    gate_ports_clear(&ports);
}
