// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy_folder.h"

TestSuite(policy_trust, .init = set_up, .fini = tear_down);

Test(policy_trust, a_file_that_others_can_write_is_a_mistake)
{
    put("policy.conf", "site = { };\n");
    put("policy.d/10.conf", "site = { };\n");
    cr_assert_eq(fchmodat(etc, "policy.conf", 0664, 0), 0);
    cr_assert_eq(fchmodat(etc, "policy.d/10.conf", 0646, 0), 0);
    cr_assert_eq(fchmodat(etc, "policy.d", 0777, 0), 0);
    static const struct expected expected[] = {
        {"policy.conf", 0, "changed by its group (mode 0664)", "chmod go-w " FOLDER "/policy.conf"},
        {"policy.d", 0, "changed by everybody", "chmod go-w"},
        {"policy.d/10.conf", 0, "changed by everybody (mode 0646)", "chmod go-w"},
    };
    expect_mistakes(expected, ELEMENTS(expected));
}

Test(policy_trust, its_folder_has_to_be_trusted_too)
{
    put("policy.conf", "");
    cr_assert_eq(fchmod(etc, 0775), 0);
    cr_assert_eq(load(), -EINVAL);
    cr_assert_eq(mistakes.n, 1);
    cr_expect_str_eq(mistakes.items[0].file, FOLDER);
}

Test(policy_trust, a_foreign_owner_is_a_mistake)
{
    if (geteuid() != 0)
        cr_skip_test("only root can give a file away");
    put("policy.conf", "");
    cr_assert_eq(fchownat(etc, "policy.conf", 12345, 12345, 0), 0);
    expect_mistakes(&(struct expected){"policy.conf", 0, "belongs to user 12345", "chown 0"}, 1);
}

Test(policy_trust, links_and_other_things_than_files_are_mistakes)
{
    cr_assert_eq(symlinkat("/etc/passwd", etc, "policy.conf"), 0);
    cr_assert_eq(mkfifoat(etc, "policy.d/10.conf", 0644), 0);
    static const struct expected expected[] = {
        {"policy.conf", 0, "is a symbolic link", "the file itself"},
        {"policy.d/10.conf", 0, "is not a file", "move it away"},
    };
    expect_mistakes(expected, ELEMENTS(expected));
}

Test(policy_trust, a_folder_that_is_a_link_is_a_mistake)
{
    put("policy.conf", "");
    cr_assert_eq(unlinkat(etc, "policy.d", AT_REMOVEDIR), 0);
    cr_assert_eq(symlinkat("/tmp", etc, "policy.d"), 0);
    expect_mistakes(&(struct expected){"policy.d", 0, "is a symbolic link", ""}, 1);
}

Test(policy_trust, without_the_folder_the_file_alone_counts)
{
    put("policy.conf", "");
    cr_assert_eq(unlinkat(etc, "policy.d", AT_REMOVEDIR), 0);
    load_good();
}

Test(policy_trust, a_missing_file_is_a_mistake)
{
    expect_mistakes(&(struct expected){"policy.conf", 0, "cannot be read", "reinstall"}, 1);
}

Test(policy_trust, files_that_are_too_large_are_a_mistake)
{
    static char large[200 * 1024];
    memset(large, '\n', sizeof large);
    large[sizeof large - 1] = '\0';
    put("policy.conf", large);
    put("policy.d/10.conf", large);
    expect_mistakes(&(struct expected){"policy.d/10.conf", 0, "more than 256 KiB", "usb allow"}, 1);
}
