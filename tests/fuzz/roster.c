// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes what pam_sekisho reads: the fallback file, and both datagrams of the socket.
#include "base/text.h"
#include "fact/login_question.h"

#include <inttypes.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const char *text, size_t length, const char *user)
{
    struct roster_question question = {.user = user, .uid = 1001, .service = "sshd", .now_s = 1000};
    struct roster_answer here, away;
    if (roster_decide(text, length, &question, &here) < 0)
        return;
    question.away = true;
    if (roster_decide(text, length, &question, &away) < 0)
        abort();
    // Without the daemon nobody comes in who would not with it.
    if (roster_verdict_refuses(here.verdict) && !roster_verdict_refuses(away.verdict))
        abort();
    if (here.observed && !roster_verdict_refuses(here.verdict))
        abort();
    // One bit less is no roster.
    if (roster_decide(text, length - 1, &question, &away) == 0)
        abort();
}

// The checksum keeps the fuzzer out: a text without its last line gets the right one.
static void ask_completed(const char *text, size_t length)
{
    CLEANUP_FREE char *plain = strndup(text, length);
    CLEANUP_FREE char *whole =
        plain ? text_format("%send %016" PRIx64 "\n", plain, roster_checksum(plain, strlen(plain)))
              : NULL;
    if (!whole)
        abort();
    ask(whole, strlen(whole), "sato");
    ask(whole, strlen(whole), "yamada");
}

static void decode(const char *data, size_t length)
{
    struct login_question question;
    struct roster_answer answer;
    char again[LOGIN_DATAGRAM_MAX];
    size_t n = 0;
    if (login_question_decode(data, length, &question) == 0 &&
        (login_question_encode(&question, again, &n) < 0 || n != length ||
         memcmp(again, data, n) != 0 || !roster_is_name(question.user)))
        abort();
    if (login_answer_decode(data, length, &answer) == 0 &&
        (login_answer_encode(&answer, again, &n) < 0 || n != length || memcmp(again, data, n) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ask((const char *)data, size, "sato");
    ask_completed((const char *)data, size);
    decode((const char *)data, size);
    return 0;
}
