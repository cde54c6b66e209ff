// SPDX-License-Identifier: GPL-3.0-or-later
// What pam_sekisho(8) asks the daemon at /run/sekisho/pam.sock, one datagram each way
// (SOCK_SEQPACKET), and what it is answered. Needs nothing but libc, as roster.h.
//
// Question, a line each, in this order; the last two may be empty:
//   sekisho-ask 1
//   user NAME
//   uid NUMBER
//   service NAME
//   tty TEXT
//   rhost TEXT
// Answer:
//   sekisho-answer 1
//   verdict WORD                        roster_verdict_to_str()
//   observed yes|no
//   contact TEXT                        may be empty
#pragma once

#include "fact/roster.h"

#define LOGIN_SOCKET "/run/sekisho/pam.sock"
#define LOGIN_DATAGRAM_MAX 2048
#define LOGIN_TEXT_SIZE 256 // of a terminal or an address, with its NUL

struct login_question {
    char user[ROSTER_NAME_SIZE];
    uint32_t uid;
    char service[ROSTER_NAME_SIZE];
    char tty[LOGIN_TEXT_SIZE];   // "": none
    char rhost[LOGIN_TEXT_SIZE]; // "": none
};

// Without its path, and without what is not printable; NULL becomes "".
void login_question_set(char *ret, size_t size, const char *text);

// Bytes written to `data`. −EINVAL: a name that is none.
must_check int login_question_encode(const struct login_question *question,
                                     char data[LOGIN_DATAGRAM_MAX], size_t *ret_length);
// −EBADMSG for anything that login_question_encode() would not have written.
must_check int login_question_decode(const char *data, size_t length, struct login_question *ret);

must_check int login_answer_encode(const struct roster_answer *answer,
                                   char data[LOGIN_DATAGRAM_MAX], size_t *ret_length);
must_check int login_answer_decode(const char *data, size_t length, struct roster_answer *ret);
