// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy_folder.h"

TestSuite(policy_mistakes, .init = set_up, .fini = tear_down);

Test(policy_mistakes, every_mistake_of_all_files_is_listed_in_one_run)
{
    put("policy.conf", "site = {\n"
                       "  nmae = \"A\";\n"               // 2
                       "  area = 7;\n"                   // 3
                       "  time_zone = \"Asia/Tokio\";\n" // 4
                       "};\n"
                       "usb = {\n"
                       "  keyboards = \"alow\";\n" // 7
                       "  allow = (\n"
                       "    { device = \"0951:1666:A\"; read_only = \"yes\"; },\n" // 9
                       "    { until = \"2026-02-30\"; }\n"                         // 10 twice
                       "  );\n"
                       "};\n"
                       "legder = { };\n"                                    // 13
                       "ledger = { seal_minutes = 61; };\n");               // 14
    put("policy.d/10.conf", "\n\nusb = { mice = \"allow\" mice = 1; };\n"); // 3
    put("policy.d/20.conf", "usb = { hubs = 1; };\n");                      // 1
    static const struct expected expected[] = {
        {"policy.conf", 2, "site knows no “nmae”", "did you mean “name”?"},
        {"policy.conf", 3, "site.area is a number", "a text"},
        {"policy.conf", 4, "“Asia/Tokio” is no time zone", "Asia/Tokyo"},
        {"policy.conf", 7, "“alow” is no rule", "did you mean “allow”?"},
        {"policy.conf", 9, "usb.allow.read_only is a text", "true or false"},
        {"policy.conf", 10, "“2026-02-30” is no day", "YYYY-MM-DD"},
        {"policy.conf", 10, "usb.allow lacks “device”", "add device"},
        {"policy.conf", 13, "no section “legder”", "did you mean “ledger”?"},
        {"policy.conf", 14, "ledger.seal_minutes is out of range", "1 to 60"},
        {"policy.d/10.conf", 3, "the same key stands twice", "keep one"},
        {"policy.d/20.conf", 1, "usb.hubs is a number", "\"refuse\""},
    };
    expect_mistakes(expected, ELEMENTS(expected));
}

Test(policy_mistakes, a_key_outside_of_its_section_is_sent_home)
{
    expect_one("seal_minutes = 15;\n", 1, "no section “seal_minutes”", "into ledger");
    expect_one("keyboards = \"allow\";\n", 1, "no section “keyboards”", "into usb");
    expect_one("area = \"A\";\n", 1, "no section “area”", "into site");
    expect_one("mode = \"enforce\";\n", 1, "no section “mode”", "sekisho mode");
}

Test(policy_mistakes, a_syntax_error_names_its_line)
{
    expect_one("site = {\n  name = \"A\"\n  area \"B\";\n};\n", 3, "libconfig cannot read this",
               "missing");
    expect_one("site = { name = “A”; };\n", 1, "libconfig cannot read this", "full-width");
    expect_one("site = { name = \"A\" };\nsite = { };\n", 2, "twice", "keep one");
}

Test(policy_mistakes, a_file_that_is_not_utf8_is_refused_with_its_lines)
{
    put("policy.conf", "# \x8a\xd6\x8f\x8a\nsite = { };\n# \xff\n");
    static const struct expected expected[] = {{"policy.conf", 1, "is not UTF-8", "iconv"},
                                               {"policy.conf", 3, "is not UTF-8", "iconv"}};
    expect_mistakes(expected, ELEMENTS(expected));
}

Test(policy_mistakes, a_byte_order_mark_or_control_character_is_refused)
{
    expect_one("\xef\xbb\xbfsite = { };\n", 1, "byte order mark", "without BOM");
    expect_one("site = { };\n# \x1b[31m\n", 2, "control character", "take it out");
    expect_one("site = { name = \"a\\x1b[31m\"; };\n", 1, "cannot be shown", "\\x1b");
    expect_one("site = { name = \"a\\xff\"; };\n", 1, "cannot be shown", "\\xff");
}

Test(policy_mistakes, a_text_that_is_not_closed_is_named_where_it_begins)
{
    put("policy.conf", "site = {\n  name = \"A;\n  area = \"\\\"\\\\\"; # \"\n};\n// \"\n/* \" */\n"
                       "usb = { hubs = \"allow };\n");
    static const struct expected expected[] = {
        {"policy.conf", 2, "a text is not closed", "\""},
        {"policy.conf", 7, "a text is not closed", "\""},
    };
    expect_mistakes(expected, ELEMENTS(expected));
}

Test(policy_mistakes, a_comment_that_is_not_closed_does_not_swallow_the_rest)
{
    expect_one("site = { };\n/* usb = {\n  hubs = \"refuse\"; };\n", 2, "comment that begins here",
               "*/");
    expect_one("/* a */ site = { }; /* b\n*/ /*\n", 2, "comment that begins here", "*/");
}

Test(policy_mistakes, a_nul_byte_does_not_hide_what_follows)
{
    static const char text[] = "site = { };\n#\0\nnonsense;\n";
    cr_assert_eq(file_replace_at(etc, "policy.conf", 0644, text, sizeof text - 1), 0);
    expect_mistakes(&(struct expected){"policy.conf", 2, "control character", ""}, 1);
}

Test(policy_mistakes, windows_line_ends_are_read)
{
    put("policy.conf", "site = {\r\n  name = \"A\";\r\n};\r\n");
    load_good();
    cr_expect_str_eq(policy->site_name, "A");
}

Test(policy_mistakes, include_is_refused_wherever_libconfig_could_follow_it)
{
    expect_one("  @include \"/etc/passwd\"\n", 1, "@include", "policy.d/");
    expect_one("/*\n\t@include \"x\"\n*/\n", 2, "@include", "policy.d/");
}

Test(policy_mistakes, the_same_setting_in_two_files_is_a_mistake)
{
    put("policy.conf", "ledger = { seal_minutes = 15; };\nusb = { mice = (\"0001:0001\"); };\n");
    put("policy.d/10.conf", "ledger = {\n seal_minutes = 20;\n};\nusb = { mice = \"allow\"; };\n");
    static const struct expected expected[] = {
        {"policy.d/10.conf", 2, "ledger.seal_minutes is already set in " FOLDER "/policy.conf:1",
         "keep one"},
        {"policy.d/10.conf", 4, "usb.mice is already set in " FOLDER "/policy.conf:2", "keep one"},
    };
    expect_mistakes(expected, ELEMENTS(expected));
}

Test(policy_mistakes, the_same_device_twice_is_a_mistake_over_all_files)
{
    put("policy.conf", "usb = { allow = (\n {\n device = \"0951:1666:A\"; } ); };\n");
    put("policy.d/10.conf", "usb = { allow = (\n { device = \"0951:1666:B\"; },\n"
                            " { read_only = true;\n   device = \"0951:1666:A\"; } ); };\n");
    static const struct expected expected = {
        "policy.d/10.conf", 4, "“0951:1666:A” is already allowed in " FOLDER "/policy.conf:2",
        "keep one"};
    expect_mistakes(&expected, 1);
}

Test(policy_mistakes, a_named_device_twice_is_a_mistake)
{
    expect_one("usb = { keyboards = (\n \"0001:0001\",\n \"0001:0001\"\n); };\n", 3, "stands twice",
               "keep one");
}

Test(policy_mistakes, a_list_that_names_nothing_is_a_mistake)
{
    expect_one("usb = { keyboards = (); };\n", 1, "names no device", "refuse");
}

Test(policy_mistakes, a_wrong_device_is_named_on_its_own_line)
{
    put("policy.conf", "usb = {\n keyboards = (\n  \"046d:c31c\",\n  \"046d\"\n\n );\n"
                       " allow = ( { device = \"0951-1666\"; } );\n};\n");
    static const struct expected expected[] = {
        {"policy.conf", 4, "“046d” names no device", "VVVV:PPPP"},
        {"policy.conf", 7, "“0951-1666” names no device", "usb list"},
    };
    expect_mistakes(expected, ELEMENTS(expected));
}

Test(policy_mistakes, numbers_that_would_wrap_are_refused)
{
    // libconfig 1.5 saturates this one, 1.7 cannot read it
    expect_one("ledger = { seal_minutes = 99999999999999999999999; };\n", 1, "", "");
    expect_one("ledger = { seal_minutes = 4294967311; };\n", 1, "out of range", "1 to 60");
    expect_one("ledger = { seal_minutes = 0x10000000F; };\n", 1, "seal_minutes", "");
    expect_one("ledger = { seal_minutes = 0xF; };\n", 1, "seal_minutes", "");
    expect_one("ledger = { seal_minutes = -15; };\n", 1, "out of range", "");
    expect_one("ledger = { seal_minutes = 15.0; };\n", 1, "is a number", "whole number");
    expect_one("ledger = { seal_minutes = \"15\"; };\n", 1, "is a text", "without quotes");
}

Test(policy_mistakes, impossible_and_unreachable_days_are_refused)
{
    expect_one("ledger = { contract_end = \"2027-04-31\"; };\n", 1, "no day of the calendar", "");
    expect_one("ledger = { contract_end = [\"2027-03-31\", \"2027-02-30\"]; };\n", 1, "no day", "");
    expect_one("ledger = { contract_end = \"令和9年3月31日\"; };\n", 1, "no day", "YYYY-MM-DD");
    expect_one("ledger = { contract_end = \"9999-12-31\"; };\n", 1, "too far away", "open end");
}

Test(policy_mistakes, a_term_of_office_that_ends_before_it_begins_is_a_mistake)
{
    expect_one("site = { officers = (\n { role = \"R\"; name = \"N\"; from = \"2026-04-01\";\n"
               "   until = \"2026-03-31\"; }); };\n",
               3, "ends before it begins", "last day");
}

Test(policy_mistakes, an_officer_twice_or_half_is_a_mistake)
{
    expect_one("site = { officers = (\n { role = \"R\"; name = \"N\"; },\n"
               " { role = \"R\"; name = \"N\"; }); };\n",
               3, "already named", "keep one");
    expect_one("site = { officers = (\n { role = \"R\"; }); };\n", 2, "lacks “name”", "add name");
}

Test(policy_mistakes, wrong_kinds_of_groups_and_lists_are_mistakes)
{
    expect_one("site = \"A\";\n", 1, "site is a text", "a group");
    expect_one("usb = { allow = \"0951:1666\"; };\n", 1, "usb.allow is a text", "a list of groups");
    expect_one("usb = { allow = (\"0951:1666\"); };\n", 1, "an entry of usb.allow is a text",
               "a group");
    expect_one("usb = { allow = [\"0951:1666\"]; };\n", 1, "usb.allow is an array", "a list");
    expect_one("usb = { hubs = (1); };\n", 1, "an entry of usb.hubs is a number", "a text");
    expect_one("site = { name = \"\"; };\n", 1, "site.name is empty", "");
    expect_one("usb = { allow = ({ device = \"0001:0001\"; luks = \"12\"; }); };\n", 1,
               "this is no LUKS UUID",
               "copy it from “sekisho usb list”, or from “cryptsetup luksUUID”");
    expect_one("usb = { allow = ({ device = \"0001:0001\"; hash = \"12\"; }); };\n", 1,
               "not 64 hexadecimal", "usb list --json");
}

Test(policy_mistakes, a_text_without_end_or_measure_is_a_mistake)
{
    char text[4096];
    memset(text, 'a', sizeof text);
    memcpy(text, "site = { name = \"", 17);
    memcpy(text + sizeof text - 8, "\"; };\n", 7);
    expect_one(text, 1, "site.name is too long", "2048");
}
