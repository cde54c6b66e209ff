// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/login_question.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static const struct login_question good = {
    .user = "sato", .uid = 1001, .service = "sshd", .tty = "ssh", .rhost = "192.0.2.1"};
#define GOOD "sekisho-ask 1\nuser sato\nuid 1001\nservice sshd\ntty ssh\nrhost 192.0.2.1\n"

Test(login_question, what_was_asked_is_what_arrives)
{
    char data[LOGIN_DATAGRAM_MAX];
    struct login_question question;
    size_t length;
    cr_assert_eq(login_question_encode(&good, data, &length), 0);
    cr_expect_eq(length, strlen(GOOD));
    cr_expect_arr_eq(data, GOOD, length);
    cr_assert_eq(login_question_decode(data, length, &question), 0);
    cr_expect_str_eq(question.user, "sato");
    cr_expect_eq(question.uid, 1001);
    cr_expect_str_eq(question.service, "sshd");
    cr_expect_str_eq(question.tty, "ssh");
    cr_expect_str_eq(question.rhost, "192.0.2.1");
}

static void expect_none(const char *text)
{
    struct login_question question;
    cr_expect_eq(login_question_decode(text, strlen(text), &question), -EBADMSG, "%s", text);
}

Test(login_question, what_is_not_as_it_is_written_is_none)
{
    struct login_question question;
    expect_none("");
    expect_none(GOOD "\n");
    expect_none("sekisho-ask 2\nuser sato\nuid 1001\nservice sshd\ntty ssh\nrhost 192.0.2.1\n");
    expect_none("sekisho-ask 1\nuser sato\nuid 01001\nservice sshd\ntty ssh\nrhost 192.0.2.1\n");
    expect_none("sekisho-ask 1\nuser sato\nuid -1\nservice sshd\ntty ssh\nrhost 192.0.2.1\n");
    expect_none("sekisho-ask 1\nuser sato\nuid 4294967296\nservice sshd\ntty \nrhost \n");
    expect_none("sekisho-ask 1\nuser \nuid 1001\nservice sshd\ntty \nrhost \n");
    expect_none("sekisho-ask 1\nuser sa to\nuid 1001\nservice sshd\ntty \nrhost \n");
    expect_none("sekisho-ask 1\nuid 1001\nuser sato\nservice sshd\ntty \nrhost \n");
    for (size_t i = 0; i < strlen(GOOD); i++)
        cr_expect_eq(login_question_decode(GOOD, i, &question), -EBADMSG, "%zu", i);
    cr_expect_eq(login_question_decode(GOOD, sizeof GOOD, &question), -EBADMSG); // with its NUL
}

Test(login_question, texts_from_outside_are_cut_to_what_can_be_said)
{
    char text[8];
    login_question_set(text, sizeof text, "tty1\n\x1b[2J over");
    cr_expect_str_eq(text, "tty1[2J");
    login_question_set(text, sizeof text, NULL);
    cr_expect_str_eq(text, "");
}

Test(login_question, an_answer_is_what_was_decided)
{
    const struct roster_answer answer = {ROSTER_UNTRAINED, false, "保護責任者 佐藤 次郎 内線 1002"};
    char data[LOGIN_DATAGRAM_MAX];
    struct roster_answer again;
    size_t length;
    cr_assert_eq(login_answer_encode(&answer, data, &length), 0);
    cr_assert_eq(login_answer_decode(data, length, &again), 0);
    cr_expect_eq(again.verdict, ROSTER_UNTRAINED);
    cr_expect_not(again.observed);
    cr_expect_str_eq(again.contact, answer.contact);
    cr_expect_eq(login_answer_decode(data, length - 1, &again), -EBADMSG);
    const char wrong[] = "sekisho-answer 1\nverdict perhaps\nobserved no\ncontact \n";
    cr_expect_eq(login_answer_decode(wrong, strlen(wrong), &again), -EBADMSG);
}
