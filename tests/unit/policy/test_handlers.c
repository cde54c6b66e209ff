// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy_folder.h"

TestSuite(handlers, .init = set_up, .fini = tear_down);

Test(handlers, users_and_groups_are_read_for_each_folder)
{
    put("policy.conf", "files = { protected = ( \"/srv/a\", \"/srv/b\" ); };\n");
    put("policy.d/10.conf",
        "files = { handlers = ( { folder = \"/srv/b/\"; users = [\"sato\", \"suzuki\"]; },\n"
        "  { folder = \"/srv/a\"; groups = ( \"tokutei\" ); } ); };\n");
    load_good();
    cr_assert_eq(policy->n_handlers, 2);
    cr_expect_str_eq(policy->handlers[0]->folder, "/srv/b");
    cr_assert_eq(policy->handlers[0]->users.n, 2);
    cr_expect_str_eq(policy->handlers[0]->users.items[1], "suzuki");
    cr_expect_eq(policy->handlers[0]->groups.n, 0);
    cr_assert_eq(policy->handlers[1]->groups.n, 1);
    cr_expect_str_eq(policy->handlers[1]->groups.items[0], "tokutei");
}

Test(handlers, they_may_stand_before_the_folder_that_they_are_of)
{
    put("policy.conf", "files = { handlers = ( { folder = \"/srv/a\"; } );\n"
                       "          protected = ( \"/srv/a\" ); };\n");
    load_good();
    cr_expect_eq(policy->n_handlers, 1);
}

Test(handlers, what_is_wrong_is_a_mistake_with_its_line)
{
    expect_one("files = { handlers = ( { users = [\"a\"]; } ); };\n", 1, "lacks “folder”",
               "folder");
    expect_one("files = {\n handlers = ( { folder = \"/srv/a\"; } ); };\n", 2,
               "“/srv/a” has handlers and is not protected", "“protected”");
    expect_one("files = { protected = (\"/srv/a\");\n"
               "handlers = ( { folder = \"/srv/a\"; },\n { folder = \"/srv/a/\"; } ); };\n",
               3, "already named", "one entry");
    expect_one("files = { protected = (\"/srv/a\");\n"
               "handlers = ( { folder = \"/srv/a\"; users = \"sato\"; } ); };\n",
               2, "is a text", "a list of names");
    expect_one("files = { protected = (\"/srv/a\");\n"
               "handlers = ( { folder = \"/srv/a\"; user = [\"sato\"]; } ); };\n",
               2, "knows no “user”", "did you mean “users”");
    expect_one("files = { handlers = \"sato\"; };\n", 1, "is a text", "a list of groups");
    expect_one("files = { handlers = ( { folder = \"srv\"; } ); };\n", 1, "is no absolute path",
               "“/”");
}
