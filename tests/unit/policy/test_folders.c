// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy_folder.h"

#include "base/moment.h"

TestSuite(folders, .init = set_up, .fini = tear_down);

Test(folders, none_are_protected_unless_the_policy_says_so)
{
    put("policy.conf", "site = { };\n");
    load_good();
    cr_expect_eq(policy->n_folders, 0);
    cr_expect_eq(policy->fold_ns, 5 * NS_PER_S);
    cr_expect_eq(policy->office_from, policy->office_until);
}

Test(folders, lists_of_several_files_add_up_and_slashes_at_the_end_go)
{
    put("policy.conf", "files = { protected = ( \"/srv/tokutei\", \"/srv/共有 資料//\" );\n"
                       "          fold_seconds = 0; };\n");
    put("policy.d/10.conf", "files = { protected = [ \"/srv/tokutei2\" ]; };\n");
    load_good();
    cr_assert_eq(policy->n_folders, 3);
    cr_expect_str_eq(policy->folders[0], "/srv/tokutei");
    cr_expect_str_eq(policy->folders[1], "/srv/共有 資料");
    cr_expect_str_eq(policy->folders[2], "/srv/tokutei2");
    cr_expect_eq(policy->fold_ns, 0);
}

Test(folders, what_is_no_plain_absolute_path_is_a_mistake)
{
    expect_one("files = { protected = (\n \"srv/a\" ); };\n", 2, "is no absolute path", "“/”");
    expect_one("files = { protected = ( \"/\" ); };\n", 1, "is everything", "name the folders");
    expect_one("files = { protected = ( \"///\" ); };\n", 1, "is everything", "");
    expect_one("files = { protected = ( \"/srv/../etc\" ); };\n", 1, "no plain path", "“..”");
    expect_one("files = { protected = ( \"/srv/..\" ); };\n", 1, "no plain path", "");
    expect_one("files = { protected = ( \"/srv/./a\" ); };\n", 1, "no plain path", "");
    expect_one("files = { protected = ( \"/srv//a\" ); };\n", 1, "no plain path", "");
    expect_one("files = { protected = ( \"/srv/a\\n\" ); };\n", 1, "cannot be shown", "another");
    expect_one("files = { protected = ( \"/srv/a\\\\b\" ); };\n", 1, "backslash", "another");
    expect_one("files = { protected = ( \"\" ); };\n", 1, "is empty", "");
    expect_one("files = { protected = \"/srv\"; };\n", 1, "protected is a text", "a list");
    expect_one("files = { protected = ( 7 ); };\n", 1, "is a number", "a text");
    expect_one("protected = ( \"/srv\" );\n", 1, "no section", "into files");
}

Test(folders, names_that_only_look_relative_are_right)
{
    put("policy.conf", "files = { protected = ( \"/srv/...\", \"/srv/.a\", \"/srv/..a\" ); };\n");
    load_good();
    cr_expect_eq(policy->n_folders, 3);
}

Test(folders, a_folder_twice_or_inside_another_is_a_mistake)
{
    expect_one("files = { protected = ( \"/srv/a\",\n \"/srv/a/\" ); };\n", 2, "stands twice",
               "keep one");
    expect_one("files = { protected = ( \"/srv/a\",\n \"/srv/a/b\" ); };\n", 2, "inside the other",
               "“/srv/a”");
    expect_one("files = { protected = ( \"/srv/a/b\",\n \"/srv\" ); };\n", 2, "inside the other",
               "“/srv/a/b”");
}

Test(folders, a_path_is_as_long_as_the_kernel_takes_it_and_no_longer)
{
    char text[4096 + 64];
    size_t begin = (size_t)sprintf(text, "files = { protected = ( \"/");
    memset(text + begin, 'a', 4094);
    memcpy(text + begin + 4094, "\" ); };\n", 9);
    put("policy.conf", text);
    load_good();
    cr_expect_eq(strlen(policy->folders[0]), 4095);
    text[begin + 4094] = 'a';
    memcpy(text + begin + 4095, "\" ); };\n", 9);
    policy_free(policy);
    policy = NULL;
    expect_one(text, 1, "is too long", "4095");
}

Test(folders, there_are_at_most_64)
{
    char text[4096] = "files = { protected = ( \"/a\"";
    for (int i = 1; i <= 64; i++)
        sprintf(text + strlen(text), ", \"/a%d\"", i);
    strcat(text, " ); };\n");
    expect_one(text, 1, "more than 64 folders", "several");
}

Test(folders, seconds_have_a_range)
{
    expect_one("files = { fold_seconds = 3601; };\n", 1, "out of range", "0 to 3600");
    expect_one("files = { fold_seconds = -1; };\n", 1, "out of range", "");
    expect_one("files = { fold_seconds = 4294967296; };\n", 1, "out of range", "");
    expect_one("files = { fold_seconds = \"5\"; };\n", 1, "is a text", "whole number of seconds");
}

TestSuite(office, .init = set_up, .fini = tear_down);

static void expect_office(const char *text, unsigned from, unsigned until, unsigned days)
{
    put("policy.conf", text);
    load_good();
    cr_expect_eq(policy->office_from, from, "%s", text);
    cr_expect_eq(policy->office_until, until, "%s", text);
    cr_expect_eq(policy->office_days, days, "%s: %x", text, policy->office_days);
    policy_free(policy);
    policy = NULL;
}

Test(office, hours_and_days_are_read)
{
    expect_office("office = { hours = \"08:30-17:30\"; };\n", 510, 1050, 0x1F);
    expect_office("office = { hours = \"00:00-24:00\"; days = \"mon-sun\"; };\n", 0, 1440, 0x7F);
    expect_office("office = { hours = \"09:00-12:00\"; days = \"mon,wed,fri\"; };\n", 540, 720,
                  0x15);
    expect_office("office = { hours = \"09:00-12:00\"; days = \"sat-mon,wed\"; };\n", 540, 720,
                  0x65);
    expect_office("office = { hours = \"09:00-12:00\"; days = \"sun\"; };\n", 540, 720, 0x40);
}

Test(office, what_is_none_is_a_mistake)
{
    static const char *const hours[] = {"8:30-17:30",  "08:30-17:3",  "08:30–17:30", "08:60-17:30",
                                        "08:30-24:01", "08.30-17:30", "0a:30-17:30", "morning"};
    static const char *const days[] = {"mon-",        "mon,",    ",mon",  "mon, tue", "monday",
                                       "mon-tue-wed", "Mon-Fri", "月-金", "-",        "mon--fri"};
    for (size_t i = 0; i < ELEMENTS(hours); i++) {
        CLEANUP_FREE char *text = text_format("office = {\n hours = \"%s\"; };\n", hours[i]);
        expect_one(text, 2, "says no office hours", "08:30-17:30");
    }
    for (size_t i = 0; i < ELEMENTS(days); i++) {
        CLEANUP_FREE char *text =
            text_format("office = { hours = \"08:30-17:30\";\n days = \"%s\"; };\n", days[i]);
        expect_one(text, 2, "names no days", "mon,wed,fri");
    }
    expect_one("office = { hours = \"17:30-08:30\"; };\n", 1, "ends before it begins", "one day");
    expect_one("office = { hours = \"08:30-08:30\"; };\n", 1, "ends before it begins", "");
    expect_one("office = { days = \"mon\"; };\n", 1, "lacks “hours”", "add hours");
}
