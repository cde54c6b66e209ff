// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/roster.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define HEAD "sekisho-roster 1\nasks yes\nenforce yes\naway refuse\nfloor 900\n"
#define OBSERVING "sekisho-roster 1\nasks yes\nenforce no\naway refuse\nfloor 900\n"
#define SILENT "sekisho-roster 1\nasks no\nenforce yes\naway refuse\nfloor 900\n"
#define OPEN_WHEN_AWAY "sekisho-roster 1\nasks yes\nenforce yes\naway allow\nfloor 900\n"
#define SATO "person sato 1001 500 2000 1500 1800\n"
#define NAMED "contact Officer 1002\nservice kiosk\nadministrator yamada\nbreak-glass hijou\n"

static char *complete(const char *lines)
{
    char *text =
        text_format("%send %016" PRIx64 "\n", lines, roster_checksum(lines, strlen(lines)));
    cr_assert_not_null(text);
    return text;
}

static int decide_at(const char *text, const char *user, uint64_t now_s, bool away,
                     struct roster_answer *ret)
{
    const struct roster_question question = {
        .user = user, .uid = 1001, .service = "sshd", .now_s = now_s, .away = away};
    return roster_decide(text, strlen(text), &question, ret);
}

static void expect(const char *lines, const char *user, uint64_t now_s, enum roster_verdict verdict)
{
    CLEANUP_FREE char *text = complete(lines);
    struct roster_answer answer;
    cr_assert_eq(decide_at(text, user, now_s, false, &answer), 0, "%s", lines);
    cr_expect_str_eq(roster_verdict_to_str(answer.verdict), roster_verdict_to_str(verdict), "%s %d",
                     user, (int)now_s);
}

static void expect_away(const char *lines, const char *user, enum roster_verdict verdict)
{
    CLEANUP_FREE char *text = complete(lines);
    struct roster_answer answer;
    cr_assert_eq(decide_at(text, user, 1000, true, &answer), 0);
    cr_expect_str_eq(roster_verdict_to_str(answer.verdict), roster_verdict_to_str(verdict), "%s",
                     user);
}

Test(roster, who_is_registered_comes_in_from_the_first_second_up_to_the_last)
{
    expect(HEAD SATO, "sato", 499, ROSTER_NOT_YET);
    expect(HEAD SATO, "sato", 500, ROSTER_ALLOWED);
    expect(HEAD SATO, "sato", 1499, ROSTER_ALLOWED);
    expect(HEAD SATO, "sato", 1500, ROSTER_OVERDUE);
    expect(HEAD SATO, "sato", 1800, ROSTER_UNTRAINED);
    expect(HEAD SATO, "sato", 2000, ROSTER_ENDED);
    expect(HEAD SATO, "suzuki", 1000, ROSTER_UNREGISTERED);
    expect(HEAD "person sato 1001 0 0 0 0\n", "sato", UINT32_MAX, ROSTER_ALLOWED);
}

Test(roster, a_clock_that_was_set_back_brings_nobody_back)
{
    const char *lines = "sekisho-roster 1\nasks yes\nenforce yes\naway refuse\nfloor 2500\n" SATO;
    expect(lines, "sato", 1000, ROSTER_ENDED);
}

Test(roster, another_account_by_the_same_name_is_another_one)
{
    expect(HEAD "person sato 1002 0 0 0 0\n", "sato", 1000, ROSTER_CHANGED);
}

Test(roster, of_two_entries_the_later_counts)
{
    expect(HEAD "person sato 1001 0 700 0 0\nperson sato 1001 0 0 0 0\n", "sato", 1000,
           ROSTER_ALLOWED);
}

Test(roster, those_whom_the_policy_names_always_come_in)
{
    expect(HEAD NAMED, "yamada", 1000, ROSTER_ALLOWED);
    expect(HEAD NAMED, "hijou", 1000, ROSTER_ALLOWED);
    expect(HEAD NAMED "person yamada 1001 0 700 0 0\n", "yamada", 1000, ROSTER_ALLOWED);
    expect_away(HEAD NAMED, "yamada", ROSTER_ALLOWED);
    expect_away(HEAD NAMED, "hijou", ROSTER_ALLOWED);
}

Test(roster, without_the_daemon_others_come_in_only_if_the_policy_says_so)
{
    expect_away(HEAD SATO, "sato", ROSTER_AWAY);
    expect_away(OPEN_WHEN_AWAY SATO, "sato", ROSTER_ALLOWED);
    expect_away(OPEN_WHEN_AWAY SATO, "suzuki", ROSTER_UNREGISTERED);
    expect_away(SILENT, "suzuki", ROSTER_ALLOWED);
}

Test(roster, what_is_not_enforced_is_observed)
{
    CLEANUP_FREE char *text = complete(OBSERVING NAMED);
    struct roster_answer answer;
    cr_assert_eq(decide_at(text, "suzuki", 1000, false, &answer), 0);
    cr_expect(answer.observed);
    cr_expect_eq(answer.verdict, ROSTER_UNREGISTERED);
    cr_expect_str_eq(answer.contact, "Officer 1002");
    cr_assert_eq(decide_at(text, "yamada", 1000, false, &answer), 0);
    cr_expect_not(answer.observed);
}

Test(roster, nobody_is_asked_about_where_the_policy_asks_about_nobody)
{
    expect(SILENT, "suzuki", 1000, ROSTER_ALLOWED);
}

Test(roster, services_and_accounts_of_the_machine_are_left_alone)
{
    CLEANUP_FREE char *text = complete(HEAD NAMED);
    const char *const services[] = {"cron", "systemd-user", "lightdm-greeter", "kiosk"};
    struct roster_answer answer;
    for (size_t i = 0; i < ELEMENTS(services); i++) {
        const struct roster_question question = {
            .user = "ito", .uid = 1005, .service = services[i], .now_s = 1000};
        cr_assert_eq(roster_decide(text, strlen(text), &question, &answer), 0);
        cr_expect_eq(answer.verdict, ROSTER_ALLOWED, "%s", services[i]);
    }
    const uint32_t system[] = {0, 1, 999, 60001, 65534}, persons[] = {1000, 60000, 65536, 500000};
    for (size_t i = 0; i < ELEMENTS(system); i++)
        cr_expect(roster_is_exempt_uid(system[i]), "%u", system[i]);
    for (size_t i = 0; i < ELEMENTS(persons); i++)
        cr_expect_not(roster_is_exempt_uid(persons[i]), "%u", persons[i]);
    cr_expect_not(roster_is_exempt_service("-greeter"));
    cr_expect_not(roster_is_exempt_service("sshd"));
}

Test(roster, a_text_with_any_byte_changed_or_missing_is_none)
{
    CLEANUP_FREE char *text = complete(HEAD NAMED SATO);
    struct roster_answer answer;
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        const struct roster_question question = {
            .user = "sato", .uid = 1001, .service = "sshd", .now_s = 1000};
        cr_expect_eq(roster_decide(text, i, &question, &answer), -EBADMSG, "%zu", i);
        text[i] ^= 1;
        cr_expect_eq(roster_decide(text, length, &question, &answer), -EBADMSG, "%zu", i);
        text[i] ^= 1;
    }
}

static void expect_none(const char *lines)
{
    CLEANUP_FREE char *text = complete(lines);
    struct roster_answer answer;
    cr_expect_eq(decide_at(text, "sato", 1000, false, &answer), -EBADMSG, "%s", lines);
}

Test(roster, what_is_not_as_it_is_written_is_none)
{
    expect_none("");
    expect_none("sekisho-roster 2\nasks yes\nenforce yes\naway refuse\nfloor 900\n");
    expect_none("sekisho-roster 1\nenforce yes\nasks yes\naway refuse\nfloor 900\n");
    expect_none(HEAD "person sato 1001 0 0 0\n");
    expect_none(HEAD "person sato 1001 0 0 0 0 \n");
    expect_none(HEAD "person sato 01001 0 0 0 0\n");
    expect_none(HEAD "person sato 4294967296 0 0 0 0\n");
    expect_none(HEAD "person sato 1001 0 99999999999999999999 0 0\n");
    expect_none(HEAD "person  1001 0 0 0 0\n");
    expect_none(HEAD "administrator a b\n");
    expect_none(HEAD "somebody yamada\n");
    expect_none(HEAD "end 0000000000000000\n");
    CLEANUP_FREE char *rest = complete(HEAD);
    CLEANUP_FREE char *more = text_format("%sadministrator sato\n", rest);
    struct roster_answer answer;
    cr_expect_eq(decide_at(more, "sato", 1000, false, &answer), -EBADMSG);
}
