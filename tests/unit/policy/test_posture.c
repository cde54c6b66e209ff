// SPDX-License-Identifier: GPL-3.0-or-later
// The section "posture".
#include "policy_folder.h"

#include "base/moment.h"

TestSuite(policy_posture, .init = set_up, .fini = tear_down);

Test(policy_posture, without_the_section_the_strict_defaults_hold)
{
    put("policy.conf", "");
    load_good();
    cr_expect_eq(policy->administrators.n, 0);
    cr_expect_eq(policy->ssh_keys.n, 0);
    cr_expect_not(policy->ssh_passwords);
    cr_expect_not(policy->time_server);
    cr_expect_not(policy->hibernation);
    cr_expect_eq(policy->lock_after_ns, 10 * 60 * NS_PER_S);
}

Test(policy_posture, each_key_is_read_and_lists_of_several_files_are_one)
{
    put("policy.conf", "posture = { administrators = [\"yamada\"]; ssh_keys = (\"suzuki\");\n"
                       "shared_names = [\"madoguchi\"]; ssh_passwords = true;\n"
                       "lock_after_minutes = 5; time_server = true; hibernation = true; };\n");
    put("policy.d/10.conf", "posture = { administrators = [\"sato\"]; };\n");
    load_good();
    cr_assert_eq(policy->administrators.n, 2);
    cr_expect_str_eq(policy->administrators.items[0], "yamada");
    cr_expect_str_eq(policy->administrators.items[1], "sato");
    cr_assert_eq(policy->ssh_keys.n, 1);
    cr_expect_str_eq(policy->ssh_keys.items[0], "suzuki");
    cr_assert_eq(policy->shared_names.n, 1);
    cr_expect_str_eq(policy->shared_names.items[0], "madoguchi");
    cr_expect(policy->ssh_passwords && policy->time_server && policy->hibernation);
    cr_expect_eq(policy->lock_after_ns, 5 * 60 * NS_PER_S);
}

Test(policy_posture, what_is_wrong_is_said_with_its_line)
{
    expect_one("posture = { administrators = \"yamada\"; };\n", 1, "posture.administrators is",
               "a list of names");
    expect_one("posture = {\n administrators = [\"yama da\"]; };\n", 2, "“yama da” is no name",
               "getent passwd");
    expect_one("posture = {\n administrators = [\"-x\"]; };\n", 2, "“-x” is no name", "getent");
    expect_one("posture = {\n ssh_keys = [\"a\", \"a\"]; };\n", 2, "stands twice", "one of");
    expect_one("posture = { lock_after_minutes = 0; };\n", 1, "out of range", "10 is usual");
    expect_one("posture = { ssh_passwords = \"no\"; };\n", 1, "posture.ssh_passwords is a text",
               "true or false");
    expect_one("posture = { administrator = [\"a\"]; };\n", 1, "knows no “administrator”",
               "“administrators”");
    expect_one("ssh_keys = [\"a\"];\n", 1, "no section “ssh_keys”", "posture = {");
}

Test(policy_posture, there_is_a_limit_to_each_list)
{
    char text[4096] = "posture = { ssh_keys = [";
    for (int i = 0; i < 65; i++)
        sprintf(text + strlen(text), "%s\"a%d\"", i > 0 ? "," : "", i);
    strcat(text, "]; };\n");
    expect_one(text, 1, "more than 64 names", "needed");
}
