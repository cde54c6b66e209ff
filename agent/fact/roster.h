// SPDX-License-Identifier: GPL-3.0-or-later
// The roster: who may log in here, as one text that answers the question of pam_sekisho(8). The
// daemon answers from it in memory; /var/lib/sekisho/pam.fallback is the same text for the time in
// which the daemon does not answer. Clauses 3 (2), 3 (3), 5 (3).
//
// It needs nothing but libc: the module that every login loads is made of it. One line an entry, in
// this order, times in seconds since 1970, 0 where there is none:
//   sekisho-roster 1
//   asks yes|no                         is anybody asked at all? the policy has a section operators
//   enforce yes|no                      no: who would be refused is let in, and recorded
//   away refuse|allow                   everybody else while the daemon does not answer
//   floor SECONDS                       it is not earlier than this, whatever the clock says
//   contact TEXT                        whom to call; at most one
//   service NAME                        whoever comes by it is not asked; any number
//   administrator NAME, break-glass NAME
//   person NAME UID FROM UNTIL WARN REFUSE    until: the first second after it; warn, refuse: from
//                                       when on the training is overdue, and no longer enough
//   end CHECKSUM                        16 hexadecimal digits over all lines before
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define ROSTER_FILE "pam.fallback"
#define ROSTER_MAX (512u * 1024) // bytes
#define ROSTER_NAME_SIZE 64      // of an account or a service, with its NUL
#define ROSTER_CONTACT_SIZE 512  // with its NUL

enum roster_verdict {
    ROSTER_ALLOWED,
    ROSTER_OVERDUE, // allowed, with a warning: the training is overdue
    ROSTER_UNREGISTERED,
    ROSTER_NOT_YET,
    ROSTER_ENDED,
    ROSTER_UNTRAINED,
    ROSTER_CHANGED, // the account has another number than when the person was registered
    ROSTER_AWAY,    // the daemon does not answer, and the policy lets nobody else in then
    ROSTER_VERDICT_MAX,
};
const char *roster_verdict_to_str(enum roster_verdict verdict); // "allowed", "overdue", …
must_check int roster_verdict_from_str(const char *text, enum roster_verdict *ret); // −EINVAL
bool roster_verdict_refuses(enum roster_verdict verdict);

struct roster_answer {
    enum roster_verdict verdict;
    bool observed; // it refuses, but is not enforced: let in
    char contact[ROSTER_CONTACT_SIZE];
};

// May this account come in? `now_s` is the clock's word. `away`: the daemon does not answer.
// −EBADMSG: the text is no roster, or not whole; nothing can be said.
struct roster_question {
    const char *user;
    uint32_t uid;
    const char *service;
    uint64_t now_s;
    bool away;
};
must_check int roster_decide(const char *text, size_t length,
                             const struct roster_question *question, struct roster_answer *ret);

// Services of the machine's own, and accounts that no person has: never asked about.
bool roster_is_exempt_service(const char *service);
bool roster_is_exempt_uid(uint32_t uid);
// May it stand in a roster as a name? No space, nothing that is not printable ASCII, short enough.
bool roster_is_name(const char *text);

// 64 bits of FNV-1a: against a torn or damaged file, not against whoever may write it.
uint64_t roster_checksum(const char *text, size_t length);
