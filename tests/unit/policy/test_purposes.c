// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy_folder.h"

#define DAY_NS (UINT64_C(24) * 3600 * 1000000000)

TestSuite(purposes, .init = set_up, .fini = tear_down);

Test(purposes, without_a_word_a_request_is_open_for_a_week_and_reaches_a_month)
{
    put("policy.conf", "site = { };\n");
    load_good();
    cr_expect_eq(policy->purposes.n, 0);
    cr_expect_eq(policy->request_longest_ns, 31 * DAY_NS);
    cr_expect_eq(policy->request_expires_ns, 7 * DAY_NS);
    cr_expect(policy->request_encrypted);
    cr_expect_not(policy->self_approval);
}

Test(purposes, what_is_written_holds)
{
    put("policy.conf", "site = { self_approval = true; };\n"
                       "requests = { purposes = [\"納品\", \"保守\"]; longest_days = 3;\n"
                       "expire_days = 1; encrypted = false; };\n");
    load_good();
    cr_assert_eq(policy->purposes.n, 2);
    cr_expect_str_eq(policy->purposes.items[1], "保守");
    cr_expect_eq(policy->request_longest_ns, 3 * DAY_NS);
    cr_expect_eq(policy->request_expires_ns, DAY_NS);
    cr_expect_not(policy->request_encrypted);
    cr_expect(policy->self_approval);
}

Test(purposes, what_no_pop_up_could_show_is_a_mistake)
{
    expect_one("requests = { purposes = [\"a\", \"b\",\n \"a\"]; };\n", 2, "twice", "keep one");
    expect_one("requests = { purposes = [\"a\", \"b\", \"c\", \"d\",\n \"e\"]; };\n", 2,
               "more than 4", "no more buttons");
    expect_one("requests = { purposes = [\"a\\x1b\"]; };\n", 1, "cannot be shown", "without");
    expect_one("requests = { purposes = \"a\"; };\n", 1, "", "");
    expect_one("requests = { longest_days = 0; };\n", 1, "out of range", "1 to 366");
    expect_one("purposes = [\"a\"];\n", 1, "", "put it into requests");
    expect_one("self_approval = true;\n", 1, "", "put it into site");
}
