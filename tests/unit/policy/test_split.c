// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/policy.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(split, the_text_of_two_files_becomes_the_same_policy_again)
{
    static const char text[] = "# /etc/sekisho/policy.conf\n"
                               "#\n"
                               "# /etc/sekisho/policy.conf\n"
                               "site = { name = \"株式会社 例\"; };\n"
                               "# /etc/sekisho/policy.d/10-area.conf\n"
                               "site = { area = \"3F\"; };\n";
    CLEANUP(policy_free_p) struct policy *policy = NULL;
    cr_assert_eq(policy_from_text(text, &policy), 0);
    cr_expect_str_eq(policy->site_name, "株式会社 例");
    cr_expect_str_eq(policy->site_area, "3F");
    cr_expect_str_eq(policy->text, text);
}

Test(split, a_text_that_is_no_policy_is_refused)
{
    CLEANUP(policy_free_p) struct policy *policy = NULL;
    cr_expect_eq(policy_from_text("", &policy), -EINVAL);
    cr_expect_eq(policy_from_text("site = { };\n", &policy), -EINVAL);
    cr_expect_eq(policy_from_text("# /etc/sekisho/policy.conf\nnonsense = 1;\n", &policy), -EINVAL);
    cr_expect_null(policy);
}
