// SPDX-License-Identifier: GPL-3.0-or-later
#include "tree.h"

#include "watch/antivirus/profile.h"

#define VENDOR PROFILE_VENDOR_FOLDER "/"
#define SITE PROFILE_SITE_FOLDER "/"
#define HEAD "name = \"x\";\ntitle = \"X\";\nprogram = \"/usr/sbin/x\";\n"

TestSuite(profile, .init = tree_open, .fini = tree_close);

static struct profiles read_all(void)
{
    struct profiles profiles = {0};
    cr_assert_eq(profiles_read(tree, &profiles), 0);
    return profiles;
}

static void expect_mistake(const char *text, unsigned line, enum profile_fault fault)
{
    tree_put(SITE "a.conf", text);
    struct profiles profiles = read_all();
    cr_assert_eq(profiles.n_mistakes, 1, "%s", text);
    cr_expect_eq(profiles.n, 0, "a profile with a mistake is none");
    cr_expect_str_eq(profiles.mistakes[0].file, "/" SITE "a.conf");
    cr_expect_eq(profiles.mistakes[0].line, line, "%s: %u", text, profiles.mistakes[0].line);
    cr_expect_eq(profiles.mistakes[0].fault, fault, "%s: %s", text,
                 profile_fault_to_str(profiles.mistakes[0].fault));
    profiles_clear(&profiles);
}

Test(profile, without_folders_there_is_none)
{
    struct profiles profiles = read_all();
    cr_expect(profiles.n == 0 && profiles.n_mistakes == 0);
}

Test(profile, the_site_s_stands_in_the_place_of_the_vendor_s)
{
    tree_put(VENDOR "b.conf", HEAD "tried = true;\n");
    tree_put(VENDOR "a.conf", HEAD);
    tree_put(VENDOR "c.conf.example", "not read");
    tree_put(SITE "b.conf",
             "name = \"b\"; title = \"B\"; program = \"/opt/b\";\n"
             "definitions = { folder = \"/d\"; names = [ \"1\", \"2\" ]; };\n"
             "command = [ \"/opt/b\", \"--json\" ];\nfields = { healthy = \"h\"; };\n");
    struct profiles profiles = read_all();
    cr_assert(profiles.n == 2 && profiles.n_mistakes == 0);
    cr_expect_str_eq(profiles.items[0].file, "/" VENDOR "a.conf");
    const struct profile *b = &profiles.items[1];
    cr_expect_str_eq(b->file, "/" SITE "b.conf");
    cr_expect_not(b->tried, "untried unless it says so");
    cr_expect_str_eq(b->text[PROFILE_DEFINITIONS_FOLDER], "/d");
    cr_expect_str_eq(b->names[1], "2");
    cr_expect_null(b->names[2]);
    cr_expect_str_eq(b->command[1], "--json");
    cr_expect_str_eq(b->text[PROFILE_FIELD_HEALTHY], "h");
    profiles_clear(&profiles);
}

Test(profile, each_mistake_is_told_with_its_line)
{
    expect_mistake(HEAD "foo = 1;\n", 4, PROFILE_FAULT_UNKNOWN_KEY);
    expect_mistake(HEAD "definitions = { foo = \"1\"; };\n", 4, PROFILE_FAULT_UNKNOWN_KEY);
    expect_mistake(HEAD "definitions = \"/d\";\n", 4, PROFILE_FAULT_UNKNOWN_KEY);
    expect_mistake(HEAD "unit = 1;\n", 4, PROFILE_FAULT_WRONG_TYPE);
    expect_mistake(HEAD "unit = \"\";\n", 4, PROFILE_FAULT_WRONG_TYPE);
    expect_mistake(HEAD "unit = \"a\\nb\";\n", 4, PROFILE_FAULT_WRONG_TYPE);
    expect_mistake(HEAD "tried = 1;\n", 4, PROFILE_FAULT_WRONG_TYPE);
    expect_mistake(HEAD "command = [];\n", 4, PROFILE_FAULT_WRONG_TYPE);
    expect_mistake(HEAD "command = \"/opt/b\";\n", 4, PROFILE_FAULT_WRONG_TYPE);
    expect_mistake(HEAD "command = [ \"b\" ];\n", 4, PROFILE_FAULT_NO_PATH);
    expect_mistake(HEAD "definitions = { names = [ \"../a\" ]; };\n", 4, PROFILE_FAULT_WRONG_TYPE);
    expect_mistake(HEAD "log = \"var/log\";\n", 4, PROFILE_FAULT_NO_PATH);
    expect_mistake("name = \"x\";\ntitle = \"X\";\n", 0, PROFILE_FAULT_MISSING);
    expect_mistake("name = \"x\"\n\ntitle == ;\n", 3, PROFILE_FAULT_SYNTAX);
    expect_mistake("@include \"/etc/shadow\"\n", 0, PROFILE_FAULT_SYNTAX);
}

Test(profile, one_that_others_may_write_is_not_trusted)
{
    tree_put(SITE "a.conf", HEAD);
    cr_assert_eq(fchmodat(tree, SITE "a.conf", 0664, 0), 0);
    struct profiles profiles = read_all();
    cr_assert(profiles.n == 0 && profiles.n_mistakes == 1);
    cr_expect_eq(profiles.mistakes[0].fault, PROFILE_FAULT_UNTRUSTED);
    profiles_clear(&profiles);
}

Test(profile, a_site_s_broken_one_does_not_bring_the_vendor_s_back)
{
    tree_put(VENDOR "a.conf", HEAD);
    expect_mistake("}", 1, PROFILE_FAULT_SYNTAX);
}

Test(profile, those_that_are_shipped_are_in_order)
{
    static const char *const names[] = {"clamav", "defender", "eset", "sophos", "trendmicro"};
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        CLEANUP_FREE char *from = text_format(SOURCE_DIR "/policy/antivirus.d/%s.conf", names[i]);
        CLEANUP_FREE char *to = text_format(VENDOR "%s.conf", names[i]);
        CLEANUP_FREE char *text = NULL;
        cr_assert_eq(file_read_at(AT_FDCWD, from, 65536, &text, NULL), 0, "%s", from);
        tree_put(to, text);
    }
    CLEANUP_FREE char *example = NULL;
    cr_assert_eq(file_read_at(AT_FDCWD, SOURCE_DIR "/policy/antivirus.d/generic.conf.example",
                              65536, &example, NULL),
                 0);
    tree_put(SITE "generic.conf", example);
    struct profiles profiles = read_all();
    cr_expect_eq(profiles.n_mistakes, 0);
    cr_assert_eq(profiles.n, ELEMENTS(names) + 1);
    for (size_t i = 0; i < profiles.n; i++)
        cr_expect_eq(profiles.items[i].tried,
                     text_equal(profiles.items[i].text[PROFILE_NAME], "clamav"),
                     "only what was tried says so: %s", profiles.items[i].file);
    profiles_clear(&profiles);
}
