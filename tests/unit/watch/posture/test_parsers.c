// SPDX-License-Identifier: GPL-3.0-or-later
// The readers of configuration files, line by line. What they are for is tested with whole trees in
// tests/unit/cli/test_posture.py.
#include "watch/posture/accounts.h"
#include "watch/posture/grub-config.h"
#include "watch/posture/keyfile.h"
#include "watch/posture/sshd-config.h"
#include "watch/posture/sudoers.h"
#include "watch/posture/words.h"
#include "watch/posture/xfconf.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

// ---- Words and lines ---------------------------------------------------------------------------

static void expect_words(const char *line, const char *const *words, size_t n)
{
    char word[WORDS_SIZE];
    for (size_t i = 0; i < n; i++) {
        cr_assert(words_next(&line, word));
        cr_expect_str_eq(word, words[i]);
    }
    cr_expect_not(words_next(&line, word), "%s", line);
}

Test(posture_words, quotes_and_backslashes_are_taken_off)
{
    expect_words("  a 'b c'\t\"d \\\"e\" f\\ g \"\" ",
                 (const char *[]){"a", "b c", "d \"e", "f g", ""}, 5);
    expect_words("'open to the end", (const char *[]){"open to the end"}, 1);
    expect_words(" \t ", NULL, 0);
}

Test(posture_words, a_word_that_is_too_long_is_cut_and_the_next_one_whole)
{
    char line[WORDS_SIZE * 2 + 8], word[WORDS_SIZE];
    memset(line, 'a', sizeof line);
    strcpy(line + sizeof line - 5, " b c");
    const char *rest = line;
    cr_assert(words_next(&rest, word));
    cr_expect_eq(strlen(word), WORDS_SIZE - 1);
    cr_assert(words_next(&rest, word));
    cr_expect_str_eq(word, "b");
}

Test(posture_words, lines_are_joined_if_asked_and_cut_lines_are_said)
{
    char line[WORDS_LINE_SIZE];
    bool cut = false;
    const char *text = "  a \\\n b\n\nc";
    cr_assert(words_line(&text, true, line, &cut));
    cr_expect_str_eq(line, "a   b");
    cr_assert(words_line(&text, true, line, &cut));
    cr_expect_str_eq(line, "");
    cr_assert(words_line(&text, true, line, &cut));
    cr_expect_str_eq(line, "c");
    cr_expect_not(words_line(&text, true, line, &cut));
    cr_expect_not(cut);
    text = "a \\\nb";
    cr_assert(words_line(&text, false, line, &cut));
    cr_expect_str_eq(line, "a \\");
    CLEANUP_FREE char *long_one = calloc(1, 2 * WORDS_LINE_SIZE);
    memset(long_one, 'x', 2 * WORDS_LINE_SIZE - 1);
    text = long_one;
    cr_assert(words_line(&text, false, line, &cut));
    cr_expect(cut);
    cr_expect_not(words_line(&text, false, line, &cut));
}

// ---- Key files ---------------------------------------------------------------------------------

static void tell(void *context, const struct keyfile_entry *entry)
{
    FILE *out = context;
    fprintf(out, "%s|%s|%s\n", entry->section, entry->key, entry->value);
}

static char *entries(const char *text, bool joined, bool *ret_whole)
{
    char *told = NULL;
    size_t length;
    FILE *out = open_memstream(&told, &length);
    *ret_whole = keyfile_read(text, joined, tell, out);
    cr_assert_eq(fclose(out), 0);
    return told;
}

Test(posture_keyfile, entries_come_with_their_section)
{
    bool whole;
    CLEANUP_FREE char *told = entries(
        "x=0\n# [n]\n[Seat:*]\n a = b c \n;q=1\nno entry\n=none\n[D][$i]\nT[$i]=5\nE=", false,
        &whole);
    cr_expect(whole);
    cr_expect_str_eq(told, "|x|0\nSeat:*|a|b c\nD][$i|T[$i]|5\nD][$i|E|\n");
}

Test(posture_keyfile, what_is_too_long_is_said)
{
    char section[KEYFILE_NAME_SIZE + 8];
    bool whole;
    memset(section, 'a', sizeof section);
    section[0] = '[';
    strcpy(section + sizeof section - 2, "]");
    CLEANUP_FREE char *told = entries(section, false, &whole);
    cr_expect_not(whole);
    cr_expect_str_eq(told, "");
    CLEANUP_FREE char *open = entries("[open\na=b\n", false, &whole);
    cr_expect_not(whole);
}

// ---- sshd_config -------------------------------------------------------------------------------

static void expect_sshd(const char *line, const char *keyword, const char *value)
{
    struct sshd_line parsed;
    bool odd = false;
    cr_assert(sshd_line_parse(line, &parsed, &odd), "%s", line);
    cr_expect_str_eq(parsed.keyword, keyword);
    cr_expect_str_eq(parsed.value, value, "%s: %s", line, parsed.value);
    cr_expect_not(odd);
}

Test(posture_sshd, keywords_and_values_in_all_their_forms)
{
    expect_sshd("PermitRootLogin no", "permitrootlogin", "no");
    expect_sshd(" PERMITROOTLOGIN=yes", "permitrootlogin", "yes");
    expect_sshd("PermitRootLogin = \"no\" # why", "permitrootlogin", "no");
    expect_sshd("AuthorizedKeysFile\t.ssh/a  \"/b c/%u\"", "authorizedkeysfile", ".ssh/a /b c/%u");
    expect_sshd("Match User a,b Address 10.0.0.0/8", "match", "User a,b Address 10.0.0.0/8");
    expect_sshd("Empty", "empty", "");
}

Test(posture_sshd, comments_say_nothing_and_long_lines_are_odd)
{
    struct sshd_line parsed;
    bool odd = false;
    cr_expect_not(sshd_line_parse("", &parsed, &odd));
    cr_expect_not(sshd_line_parse("  # PermitRootLogin yes", &parsed, &odd));
    cr_expect_not(odd);
    char line[SSHD_VALUE_SIZE * 2];
    memset(line, 'a', sizeof line);
    line[sizeof line - 1] = '\0';
    cr_expect_not(sshd_line_parse(line, &parsed, &odd));
    cr_expect(odd);
    odd = false;
    line[3] = ' ';
    cr_expect(sshd_line_parse(line, &parsed, &odd));
    cr_expect(odd);
}

// ---- sudoers -----------------------------------------------------------------------------------

static void expect_rule(const char *line, const char *who, bool nopasswd, bool all)
{
    struct sudoers_line parsed;
    sudoers_parse(line, &parsed);
    cr_assert_eq(parsed.kind, SUDOERS_RULE, "%s: %d", line, (int)parsed.kind);
    cr_expect_str_eq(parsed.who, who, "%s: %s", line, parsed.who);
    cr_expect_eq(parsed.nopasswd, nopasswd, "%s", line);
    cr_expect_eq(parsed.all, all, "%s", line);
}

static void expect_sudoers(const char *line, enum sudoers_kind kind)
{
    struct sudoers_line parsed;
    sudoers_parse(line, &parsed);
    cr_expect_eq(parsed.kind, kind, "%s: %d", line, (int)parsed.kind);
}

Test(posture_sudoers, rules_are_read_with_who_and_what)
{
    expect_rule("root ALL=(ALL:ALL) ALL", "root", false, true);
    expect_rule("%sudo\tALL=(ALL:ALL) NOPASSWD: ALL", "%sudo", true, true);
    expect_rule("a, b , c ALL=(ALL)NOPASSWD:/bin/ls", "a,b,c", true, false);
    expect_rule("a HOST1, HOST2 = /bin/ls", "a", false, false);
    expect_rule("a ALL=(root) NOPASSWD : SETENV: ALL", "a", true, true);
    expect_rule("a ALL = (ALL) /bin/ls, /usr/bin/ALL", "a", false, false);
    expect_rule("a ALL = /bin/ls, ALL", "a", false, true);
    expect_rule("a ALL = /bin/ls, !ALL", "a", false, false);
    expect_rule("#1000 ALL=ALL", "#1000", false, true);
    expect_rule("%#27 ALL=ALL", "%#27", false, true);
    expect_rule("\"a b\" ALL=ALL", "\"a b\"", false, true);
    expect_rule("a ALL=/bin/ls # NOPASSWD: ALL", "a", false, false);
    expect_rule("a H1 = /bin/ls : H2 = NOPASSWD: ALL", "a", true, true);
    expect_rule("ALL ALL=(ALL) PASSWD: ALL", "ALL", false, true);
}

Test(posture_sudoers, other_lines_are_told_apart)
{
    expect_sudoers("", SUDOERS_NOTHING);
    expect_sudoers("# a ALL=ALL", SUDOERS_NOTHING);
    expect_sudoers("Defaults env_reset", SUDOERS_NOTHING);
    expect_sudoers("Defaults:a !authenticate", SUDOERS_OPEN_DEFAULT);
    expect_sudoers("Defaults exempt_group=x", SUDOERS_OPEN_DEFAULT);
    expect_sudoers("Host_Alias A = b", SUDOERS_NOTHING);
    expect_sudoers("Cmnd_Alias A = /bin/ls", SUDOERS_NOTHING);
    expect_sudoers("Cmnd_Alias A = /bin/ls, ALL", SUDOERS_COMMAND_ALIAS);
    expect_sudoers("User_Alias A = b : C = d", SUDOERS_ODD);
    expect_sudoers("gibberish", SUDOERS_ODD);
    expect_sudoers("= ALL", SUDOERS_ODD);
    expect_sudoers("@include /etc/x-%h", SUDOERS_ODD);
    struct sudoers_line parsed;
    sudoers_parse("#includedir /etc/sudoers.d", &parsed);
    cr_expect_eq(parsed.kind, SUDOERS_INCLUDE_FOLDER);
    cr_expect_str_eq(parsed.name, "/etc/sudoers.d");
    sudoers_parse("@include \"/etc/a b\"", &parsed);
    cr_expect_eq(parsed.kind, SUDOERS_INCLUDE);
    cr_expect_str_eq(parsed.name, "/etc/a b");
    sudoers_parse("User_Alias  BOSSES = a , %b", &parsed);
    cr_expect_eq(parsed.kind, SUDOERS_USER_ALIAS);
    cr_expect_str_eq(parsed.name, "BOSSES");
    cr_expect_str_eq(parsed.who, "a,%b");
}

// ---- Xfce --------------------------------------------------------------------------------------

static void tell_property(void *context, const char *path, const char *value)
{
    FILE *out = context;
    fprintf(out, "%s=%s\n", path, value);
}

static bool properties(const char *text, char **ret)
{
    size_t length;
    FILE *out = open_memstream(ret, &length);
    bool whole = xfconf_read(text, tell_property, out);
    cr_assert_eq(fclose(out), 0);
    return whole;
}

Test(posture_xfconf, properties_come_with_their_paths)
{
    CLEANUP_FREE char *told = NULL;
    cr_expect(properties("<?xml version=\"1.0\"?>\n<channel name=\"c\">\n"
                         "<!-- <property name=\"no\" value=\"1\"/> -->\n"
                         "<property name=\"a\" type=\"empty\">\n"
                         " <property name=\"b\" type=\"int\" value=\"1 > 0\"/>\n"
                         " <property type=\"bool\" value=\"true\" name=\"c\"></property>\n"
                         "</property><property name=\"d\" value=\"\"/></channel>",
                         &told));
    cr_expect_str_eq(told, "/a/b=1 > 0\n/a/c=true\n/d=\n");
}

Test(posture_xfconf, what_is_broken_is_said)
{
    static const char *const broken[] = {
        "<property name=\"a\">", "</property>", "<property value=\"a\"/>",
        "<property name=\"a",    "<!-- open",   "<property name=\"a\"><property name=\"b\"/>"};
    for (size_t i = 0; i < ELEMENTS(broken); i++) {
        CLEANUP_FREE char *told = NULL;
        cr_expect_not(properties(broken[i], &told), "%s", broken[i]);
    }
    char deep[2000] = "";
    for (int i = 0; i < 40; i++)
        strcat(deep, "<property name=\"a\">");
    CLEANUP_FREE char *told = NULL;
    cr_expect_not(properties(deep, &told));
}

// ---- grub.cfg ----------------------------------------------------------------------------------

Test(posture_grub, users_passwords_and_entries_are_counted)
{
    struct grub_config config = {0};
    grub_config_parse(
        "set superusers=\"root admin\"\n# password x y\n"
        "password_pbkdf2 root grub.pbkdf2.sha512.1.A.B\npassword_pbkdf2 admin plain\n"
        "menuentry 'A { b' --class x --unrestricted $id 'y' {\n linux /v ro quiet\n}\n"
        "submenu 'S' {\nmenuentry 'R' {\n linux /v ro single nomodeset\n}\n"
        "menuentry 'Q' --unrestricted {\n linuxefi /v init=/bin/sh\n}\n}\n",
        &config);
    cr_expect_str_eq(config.superusers, "root admin");
    cr_expect_str_eq(config.hashed, "root ");
    cr_expect_not(config.has_plain);
    cr_expect_eq(config.entries, 3);
    cr_expect_eq(config.unrestricted, 2);
    cr_expect_eq(config.recovery, 2);
    cr_expect_eq(config.open_recovery, 1);
    cr_expect_not(config.is_odd);
    grub_config_parse("set superusers=\"\"\npassword root x\n", &config);
    cr_expect_str_eq(config.superusers, "", "what comes later counts");
    cr_expect(config.has_plain);
}

// ---- Accounts ----------------------------------------------------------------------------------

Test(posture_accounts, each_has_its_shell_and_the_state_of_its_password)
{
    struct accounts accounts = {0};
    cr_assert_eq(accounts_parse("root:x:0:0:r:/root:/bin/bash\na::1000:1000::/people/a:\n"
                                "b:x:1001:1::/b:/usr/sbin/nologin\nc:x:1002:1::/c:/bin/sh\n"
                                "d:$y$x:1003:1::/d:/bin/sh\ne:x:1004:1::/e:/bin/sh\n"
                                "nobody:x:65534:1::/:/bin/sh\n",
                                "root:!:1::::::\nb:*:1\nc::1::::::\nnobody:!*:1", &accounts),
                 0);
    static const enum account_password passwords[] = {
        ACCOUNT_PASSWORD_LOCKED, ACCOUNT_PASSWORD_EMPTY, ACCOUNT_PASSWORD_LOCKED,
        ACCOUNT_PASSWORD_EMPTY,  ACCOUNT_PASSWORD_SET,   ACCOUNT_PASSWORD_MISSING,
        ACCOUNT_PASSWORD_LOCKED};
    static const bool logins[] = {true, true, false, true, true, true, true};
    static const bool persons[] = {false, true, false, true, true, true, false};
    cr_assert_eq(accounts.n, ELEMENTS(passwords));
    for (size_t i = 0; i < accounts.n; i++) {
        cr_expect_eq(accounts.items[i].password, passwords[i], "%s", accounts.items[i].name);
        cr_expect_eq(account_has_login(&accounts.items[i]), logins[i], "%s",
                     accounts.items[i].name);
        cr_expect_eq(account_is_person(&accounts.items[i]), persons[i], "%s",
                     accounts.items[i].name);
    }
    cr_expect_not(accounts.has_odd_lines);
    accounts_clear(&accounts);
}

Test(posture_accounts, without_shadow_the_passwords_are_unknown)
{
    struct accounts accounts = {0};
    cr_assert_eq(accounts_parse("a:x:1000:1000::/a:/bin/sh\n", NULL, &accounts), 0);
    cr_expect_eq(accounts.items[0].password, ACCOUNT_PASSWORD_UNKNOWN);
    accounts_clear(&accounts);
}

Test(posture_accounts, odd_lines_and_too_many_are_said)
{
    struct accounts accounts = {0};
    static const char *const odd[] = {"+::::::\n", "a:x:1000\n", "a:x:-1:1::/a:/b\n",
                                      "a:x:4294967296:1::/a:/b\n", ":x:1:1::/a:/b\n"};
    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        cr_assert_eq(accounts_parse(odd[i], NULL, &accounts), 0);
        cr_expect(accounts.has_odd_lines && accounts.n == 0, "%s", odd[i]);
        accounts_clear(&accounts);
    }
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    for (int i = 0; i <= ACCOUNTS_MAX; i++)
        fprintf(out, "u%d:x:%d:1::/:/bin/sh\n", i, i);
    cr_assert_eq(fclose(out), 0);
    cr_assert_eq(accounts_parse(text, NULL, &accounts), 0);
    cr_expect(accounts.has_too_many);
    cr_expect_eq(accounts.n, ACCOUNTS_MAX);
    accounts_clear(&accounts);
    free(text);
}
