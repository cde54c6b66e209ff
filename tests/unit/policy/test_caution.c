// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/policy.h"

#include <criterion/criterion.h>
#include <string.h>

static struct policy *parse(const char *usb)
{
    char text[512];
    struct policy *policy = NULL;
    (void)snprintf(text, sizeof text, "# /etc/sekisho/policy.conf\nusb = { %s };\n", usb);
    return policy_from_text(text, &policy) == 0 ? policy : NULL;
}

Test(caution, keyboards_pass_unless_the_policy_says_otherwise)
{
    CLEANUP(policy_free_p) struct policy *policy = parse("");
    cr_assert_not_null(policy);
    cr_expect_eq(policy->further_keyboards, CAUTION_ALLOW);
    cr_expect_eq(policy->keyboards_while_locked, CAUTION_ALLOW);
}

Test(caution, reaches_the_gate)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    CLEANUP(policy_free_p)
    struct policy *policy =
        parse("further_keyboards = \"ask\"; keyboards_while_locked = \"refuse\";");
    cr_assert_not_null(policy);
    cr_assert_eq(policy_compile_gate(policy, MODE_ENFORCE, NULL, 0, 0, &gate), 0);
    cr_expect_eq(gate->further_keyboards, CAUTION_ASK);
    cr_expect_eq(gate->keyboards_while_locked, CAUTION_REFUSE);
}

Test(caution, another_word_is_a_mistake)
{
    cr_expect_null(parse("further_keyboards = \"never\";"));
    cr_expect_null(parse("keyboards_while_locked = true;"));
}
