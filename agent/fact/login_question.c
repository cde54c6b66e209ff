// SPDX-License-Identifier: GPL-3.0-or-later
// The question and its answer, to and fro. What was read is written again and compared: so there is
// one way to write each.
#include "fact/login_question.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void login_question_set(char *ret, size_t size, const char *text)
{
    size_t n = 0;
    for (; text && *text && n + 1 < size; text++)
        if (*text > ' ' && *text <= '~')
            ret[n++] = *text;
    ret[n] = '\0';
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

// Whatever is no control character: it is UTF-8 as the policy has it, or what the reader escapes.
static bool is_one_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static int give(int length, size_t *ret_length)
{
    if (length < 0 || length >= LOGIN_DATAGRAM_MAX)
        return -EINVAL;
    *ret_length = (size_t)length;
    return 0;
}

int login_question_encode(const struct login_question *question, char data[LOGIN_DATAGRAM_MAX],
                          size_t *ret_length)
{
    if (!roster_is_name(question->user) || !roster_is_name(question->service) ||
        !is_plain(question->tty) || !is_plain(question->rhost))
        return -EINVAL;
    return give(snprintf(data, LOGIN_DATAGRAM_MAX,
                         "sekisho-ask 1\nuser %s\nuid %" PRIu32 "\nservice %s\ntty %s\nrhost %s\n",
                         question->user, question->uid, question->service, question->tty,
                         question->rhost),
                ret_length);
}

int login_answer_encode(const struct roster_answer *answer, char data[LOGIN_DATAGRAM_MAX],
                        size_t *ret_length)
{
    if (!is_one_line(answer->contact))
        return -EINVAL;
    return give(snprintf(data, LOGIN_DATAGRAM_MAX,
                         "sekisho-answer 1\nverdict %s\nobserved %s\ncontact %s\n",
                         roster_verdict_to_str(answer->verdict), answer->observed ? "yes" : "no",
                         answer->contact),
                ret_length);
}

// ---- Reading -----------------------------------------------------------------------------------

// The value of the next line, which has to be "KEY VALUE"; *text is then behind it.
static int take(const char **text, const char *key, char *ret, size_t size)
{
    size_t length = strlen(key), line = strcspn(*text, "\n");
    if ((*text)[line] != '\n' || line < length + 1 || strncmp(*text, key, length) != 0 ||
        (*text)[length] != ' ' || line - length - 1 >= size)
        return -EBADMSG;
    memcpy(ret, *text + length + 1, line - length - 1);
    ret[line - length - 1] = '\0';
    *text += line + 1;
    return 0;
}

static int take_uid(const char **text, uint32_t *ret)
{
    char word[16];
    uint64_t number = 0;
    if (take(text, "uid", word, sizeof word) < 0 || word[0] == '\0')
        return -EBADMSG;
    for (const char *digit = word; *digit; digit++) {
        if (*digit < '0' || *digit > '9')
            return -EBADMSG;
        number = 10 * number + (uint64_t)(*digit - '0'); // 15 digits: no overflow
    }
    if (number > UINT32_MAX)
        return -EBADMSG;
    *ret = (uint32_t)number;
    return 0;
}

static int copy(const char *data, size_t length, char text[LOGIN_DATAGRAM_MAX])
{
    if (length >= LOGIN_DATAGRAM_MAX || memchr(data, '\0', length))
        return -EBADMSG;
    memcpy(text, data, length);
    text[length] = '\0';
    return 0;
}

static int read_question(const char *text, struct login_question *ret)
{
    char version[4];
    int r = take(&text, "sekisho-ask", version, sizeof version);
    if (r == 0)
        r = take(&text, "user", ret->user, sizeof ret->user);
    if (r == 0)
        r = take_uid(&text, &ret->uid);
    if (r == 0)
        r = take(&text, "service", ret->service, sizeof ret->service);
    if (r == 0)
        r = take(&text, "tty", ret->tty, sizeof ret->tty);
    return r < 0 ? r : take(&text, "rhost", ret->rhost, sizeof ret->rhost);
}

int login_question_decode(const char *data, size_t length, struct login_question *ret)
{
    char text[LOGIN_DATAGRAM_MAX], again[LOGIN_DATAGRAM_MAX];
    struct login_question question = {0};
    size_t n = 0;
    int r = copy(data, length, text);
    if (r == 0)
        r = read_question(text, &question);
    if (r < 0)
        return r;
    r = login_question_encode(&question, again, &n);
    if (r < 0 || n != length || memcmp(again, data, n) != 0)
        return -EBADMSG;
    *ret = question;
    return 0;
}

static int read_answer(const char *text, struct roster_answer *ret)
{
    char version[4], verdict[16], observed[4];
    int r = take(&text, "sekisho-answer", version, sizeof version);
    if (r == 0)
        r = take(&text, "verdict", verdict, sizeof verdict);
    if (r == 0)
        r = take(&text, "observed", observed, sizeof observed);
    if (r == 0)
        r = take(&text, "contact", ret->contact, sizeof ret->contact);
    if (r < 0 || roster_verdict_from_str(verdict, &ret->verdict) < 0)
        return -EBADMSG;
    ret->observed = strcmp(observed, "yes") == 0;
    return 0;
}

int login_answer_decode(const char *data, size_t length, struct roster_answer *ret)
{
    char text[LOGIN_DATAGRAM_MAX], again[LOGIN_DATAGRAM_MAX];
    struct roster_answer answer = {0};
    size_t n = 0;
    int r = copy(data, length, text);
    if (r == 0)
        r = read_answer(text, &answer);
    if (r < 0)
        return r;
    r = login_answer_encode(&answer, again, &n);
    if (r < 0 || n != length || memcmp(again, data, n) != 0)
        return -EBADMSG;
    *ret = answer;
    return 0;
}
