// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy_folder.h"

TestSuite(incidents, .init = set_up, .fini = tear_down);

#define HOUR_NS (UINT64_C(3600) * 1000000000)

Test(incidents, without_a_word_the_usual_days_hold)
{
    put("policy.conf", "site = { };\n");
    load_good();
    cr_expect_eq(policy->first_report_days, 3);
    cr_expect_eq(policy->final_report_days, 30);
    cr_expect_eq(policy->purpose_report_days, 60);
    cr_expect_eq(policy->remind_ns, 24 * HOUR_NS);
    cr_expect_not(policy->self_approval);
}

Test(incidents, days_and_hours_are_numbers_in_their_range)
{
    put("policy.conf", "site = { self_approval = true; };\n"
                       "incidents = { first_report_days = 5; final_report_days = 20;\n"
                       "  purpose_report_days = 50; remind_hours = 12; };\n");
    load_good();
    cr_expect_eq(policy->first_report_days, 5);
    cr_expect_eq(policy->final_report_days, 20);
    cr_expect_eq(policy->purpose_report_days, 50);
    cr_expect_eq(policy->remind_ns, 12 * HOUR_NS);
    cr_expect(policy->self_approval);
}

Test(incidents, others_are_mistakes)
{
    expect_one("incidents = {\n first_report_days = 2; };\n", 2, "out of range", "3, 4 or 5");
    expect_one("incidents = { first_report_days = 6; };\n", 1, "out of range", "");
    expect_one("incidents = { final_report_days = 31; };\n", 1, "out of range", "1 to 30");
    expect_one("incidents = { purpose_report_days = 61; };\n", 1, "out of range", "1 to 60");
    expect_one("incidents = { remind_hours = 0; };\n", 1, "out of range", "1 to 168");
    expect_one("incidents = { remind_hours = 4294967320; };\n", 1, "out of range", "");
    expect_one("incidents = { remind_hours = \"24\"; };\n", 1, "", "");
    expect_one("remind_hours = 24;\n", 1, "", "put it into incidents");
}
