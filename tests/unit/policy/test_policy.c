// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy_folder.h"

#include "base/moment.h"

#include <time.h>

// libconfig 1.5 forgets what its scanner had just read when the syntax broke.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

TestSuite(policy, .init = set_up, .fini = tear_down);

// ---- What is right -----------------------------------------------------------------------------
Test(policy, the_shipped_one_is_in_order)
{
    CLEANUP_FREE char *text = NULL;
    cr_assert_eq(file_read_at(AT_FDCWD, SOURCE_DIR "/policy/policy.conf", 65536, &text, NULL), 0);
    put("policy.conf", text);
    load_good();
    cr_expect_str_eq(policy->time_zone, "Asia/Tokyo");
    cr_expect_eq(policy->keyboards.rule, DEFAULT_ALLOW);
    cr_expect_eq(policy->n_approvals, 0);
    cr_expect_eq(policy->seal_interval_ns, 15 * 60 * NS_PER_S);
}

Test(policy, each_example_of_the_shipped_one_is_in_order_too)
{
    CLEANUP_FREE char *text = NULL;
    cr_assert_eq(file_read_at(AT_FDCWD, SOURCE_DIR "/policy/policy.conf", 65536, &text, NULL), 0);
    // "#   {", "#     encrypted …" and "# name = …" are examples; other comments are prose.
    for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        char *sign = line + strspn(line, " ");
        bool example =
            strncmp(sign, "#   { device", 12) == 0 || strncmp(sign, "#   { role", 10) == 0 ||
            strncmp(sign, "#     encrypted = ", 18) == 0 || strncmp(sign, "# name = \"", 10) == 0 ||
            strncmp(sign, "# area = \"", 10) == 0 ||
            strncmp(sign, "# contract_end = \"", 18) == 0 ||
            strncmp(sign, "# protected = ", 14) == 0 || strncmp(sign, "# office = ", 11) == 0 ||
            strncmp(sign, "# fold_seconds = ", 17) == 0 || strncmp(sign, "# antivirus = ", 14) == 0;
        if (example)
            *sign = ' ';
    }
    put("policy.conf", text);
    load_good();
    cr_expect_str_eq(policy->site_name, "株式会社 例");
    cr_expect_str_eq(policy->site_area, "本社3階 管理区域A");
    cr_expect_eq(policy->n_officers, 2);
    cr_expect_eq(policy->n_approvals, 2);
    cr_expect(policy->approvals[0]->encrypted);
    cr_expect_neq(policy->contract_end_ns, 0);
    cr_expect_eq(policy->n_folders, 2);
    cr_expect_eq(policy->office_from, 8 * 60 + 30);
}

Test(policy, an_empty_one_is_in_order_and_has_the_defaults)
{
    put("policy.conf", "");
    load_good();
    cr_expect_str_eq(policy->time_zone, "Asia/Tokyo");
    cr_expect_eq(policy->hubs.rule, DEFAULT_ALLOW);
    cr_expect_eq(policy->other_input.rule, DEFAULT_ALLOW);
    cr_expect_eq(policy->contract_end_ns, 0);
    cr_expect_null(policy->site_name);
}

Test(policy, everything_it_says_is_in_the_tree)
{
    put("policy.conf",
        "site = { name = \"例\"; area = \"A\"; time_zone = \"Asia/Tokyo\"; officers = (\n"
        "  { role = \"保護責任者\"; name = \"佐藤\"; phone = \"1002\"; from = \"2026-04-01\";\n"
        "    until = \"2026-04-01\"; }); };\n"
        "usb = { hubs = \"allow\"; keyboards = (\"046d:c31c:*\", \"04d9:0169\");\n"
        "  mice = [\"046d:c077\"]; other_input = \"refuse\";\n"
        "  allow = ({ device = \"0951:1666:AB\"; read_only = true; encrypted = true;\n"
        "    until = \"2027-03-31\"; reason = \"納品\"; permit = \"12\"; port = \"pci-1\";\n"
        "    hash = \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"; }); };\n"
        "ledger = { seal_minutes = 60; contract_end = \"2026-03-31\"; };\n");
    load_good();
    cr_assert_eq(policy->n_officers, 1);
    const struct officer *officer = policy->officers[0];
    cr_expect_str_eq(officer->role, "保護責任者");
    cr_expect_str_eq(officer->phone, "1002");
    cr_expect_eq(officer->until_ns - officer->from_ns, 24 * 3600 * NS_PER_S, "one day");
    cr_expect_eq(policy->keyboards.rule, DEFAULT_NAMED);
    cr_assert_eq(policy->keyboards.n_named, 2);
    cr_expect(policy->keyboards.named[0]->any_serial);
    cr_expect_not(policy->keyboards.named[1]->any_serial);
    cr_expect_eq(policy->mice.n_named, 1);
    cr_expect_eq(policy->other_input.rule, DEFAULT_REFUSE);
    cr_assert_eq(policy->n_approvals, 1);
    const struct approval *approval = policy->approvals[0];
    cr_expect_str_eq(approval->serial, "AB");
    cr_expect(approval->read_only && approval->encrypted && approval->has_hash);
    cr_expect_eq(approval->hash[1], 0x11);
    cr_expect_str_eq(approval->reason, "納品");
    cr_expect_str_eq(approval->permit, "12");
    cr_expect_str_eq(approval->port, "pci-1");
    cr_expect_str_eq(approval->approver, "policy.conf");
    cr_expect_eq(approval->number, 0);
    cr_expect_eq(policy->seal_interval_ns, 3600 * NS_PER_S);
    cr_expect_eq(policy->contract_end_ns, 1774969200 * NS_PER_S, "1 April, in Tokyo");
}

Test(policy, of_several_contracts_the_latest_end_counts)
{
    put("policy.conf",
        "ledger = { contract_end = [\"2026-03-31\", \"2027-03-31\", \"2025-01-01\"]; };\n");
    load_good();
    cr_expect_eq(policy->contract_end_ns, 1806505200 * NS_PER_S, "1 April 2027, in Tokyo");
}

Test(policy, dates_are_cut_in_its_own_time_zone_whatever_tz_says)
{
    setenv("TZ", "America/New_York", 1);
    tzset();
    put("policy.conf", "ledger = { contract_end = \"2026-03-31\"; };\n"
                       "site = { time_zone = \"UTC\"; };\n");
    load_good();
    cr_expect_eq(policy->contract_end_ns, 1775001600 * NS_PER_S);
}

Test(policy, files_of_the_folder_add_up_in_name_order)
{
    put("policy.conf", "usb = { allow = ({ device = \"0001:0001\"; }); };");
    put("policy.d/20.conf", "usb = { allow = ({ device = \"0001:0003\"; }); };\n");
    put("policy.d/10.conf",
        "usb = { allow = ({ device = \"0001:0002\"; }); mice = \"refuse\"; };\n");
    put("policy.d/.x.conf", "nonsense");
    put("policy.d/README", "nonsense");
    load_good();
    cr_assert_eq(policy->n_approvals, 3);
    for (uint16_t i = 0; i < 3; i++)
        cr_expect_eq(policy->approvals[i]->product, i + 1);
    cr_expect_str_eq(policy->approvals[1]->approver, "10.conf");
    cr_expect_eq(policy->mice.rule, DEFAULT_REFUSE);
}

Test(policy, its_text_and_hash_hold_all_files)
{
    uint8_t hash[DIGEST_SIZE];
    put("policy.conf", "site = { name = \"A\"; };");
    put("policy.d/10.conf", "ledger = { };\n");
    load_good();
    cr_expect_str_eq(policy->text, "# " FOLDER "/policy.conf\nsite = { name = \"A\"; };\n"
                                   "# " FOLDER "/policy.d/10.conf\nledger = { };\n");
    digest_of(policy->text, strlen(policy->text), hash);
    cr_expect_arr_eq(policy->hash, hash, sizeof hash);
}

Test(policy, one_file_can_be_read_alone)
{
    put("policy.conf", "site = { name = \"A\"; };\n");
    put("policy.d/10.conf", "nonsense");
    CLEANUP_FREE char *path = text_format("%s/policy.conf", root);
    cr_assert_eq(policy_load_file(path, geteuid(), &policy, &mistakes), 0);
    cr_expect_str_eq(policy->site_name, "A");
}

// ---- The gate ----------------------------------------------------------------------------------
Test(policy, policy_register_and_mode_become_the_gate)
{
    CLEANUP(gate_free_p) struct gate *gate = NULL;
    struct approval granted = {.number = 9, .vendor = 5};
    struct approval *registered[] = {&granted};
    put("policy.conf", "usb = { mice = (\"0001:0001\"); hubs = \"refuse\";\n"
                       "  allow = ({ device = \"0951:1666:A\"; }); };\n");
    load_good();
    cr_assert_eq(policy_compile_gate(policy, MODE_ENFORCE, registered, 1, 77, &gate), 0);
    cr_expect_eq(gate->mode, MODE_ENFORCE);
    cr_expect_eq(gate->clock_floor_ns, 77);
    cr_expect_eq(gate->hubs.rule, DEFAULT_REFUSE);
    cr_expect_eq(gate->keyboards.rule, DEFAULT_ALLOW);
    cr_expect_eq(gate->mice.n_named, 1);
    cr_assert_eq(gate->n_approvals, 2);
    cr_expect_eq(gate->approvals[0]->vendor, 0x0951, "the policy's first");
    cr_expect_eq(gate->approvals[1]->number, 9);
}
