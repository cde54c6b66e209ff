// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy_folder.h"

#include "base/moment.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

TestSuite(antivirus, .init = set_up, .fini = tear_down);

Test(antivirus, everything_is_asked_for_unless_the_policy_says_less)
{
    put("policy.conf", "antivirus = { };\n");
    load_good();
    cr_expect_null(policy->antivirus_product);
    cr_expect_eq(policy->definitions_max_ns, 7 * DAY_NS);
    cr_expect(policy->antivirus_on_access);
    cr_expect_eq(policy->scan_max_ns, 31 * DAY_NS);
}

Test(antivirus, limits_are_read)
{
    put("policy.conf", "antivirus = { product = \"clamav\"; definitions_max_days = 14;\n"
                       "  on_access = false; scan_max_days = 0; };\n");
    load_good();
    cr_expect_str_eq(policy->antivirus_product, "clamav");
    cr_expect_eq(policy->definitions_max_ns, 14 * DAY_NS);
    cr_expect_not(policy->antivirus_on_access);
    cr_expect_eq(policy->scan_max_ns, 0);
}

Test(antivirus, what_is_no_limit_is_a_mistake)
{
    expect_one("antivirus = {\n definitions_max_days = 0; };\n", 2, "out of range", "1 to 366");
    expect_one("antivirus = {\n definitions_max_days = 367; };\n", 2, "out of range", "1 to 366");
    expect_one("antivirus = {\n definitions_max_days = \"7\"; };\n", 2, "is a text", "days");
    expect_one("antivirus = {\n scan_max_days = -1; };\n", 2, "out of range", "0 to 366");
    expect_one("antivirus = {\n on_access = \"no\"; };\n", 2, "is a text", "true or false");
    expect_one("antivirus = {\n product = \"\"; };\n", 2, "is empty", "");
    expect_one("antivirus = {\n definition_max_days = 7; };\n", 2, "knows no", "definitions_max");
    expect_one("scan_max_days = 7;\n", 1, "no section", "into antivirus");
}

Test(antivirus, a_limit_in_two_files_is_a_mistake)
{
    put("policy.conf", "antivirus = { scan_max_days = 7; };\n");
    put("policy.d/10.conf", "antivirus = { scan_max_days = 8; };\n");
    expect_mistakes(&(struct expected){"policy.d/10.conf", 1, "already set", "keep one"}, 1);
}
