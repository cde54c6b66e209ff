// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the roster line by line, and decides.
#include "fact/roster.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const verdicts[] = {
    [ROSTER_ALLOWED] = "allowed",
    [ROSTER_OVERDUE] = "overdue",
    [ROSTER_UNREGISTERED] = "unregistered",
    [ROSTER_NOT_YET] = "not-yet",
    [ROSTER_ENDED] = "ended",
    [ROSTER_UNTRAINED] = "untrained",
    [ROSTER_CHANGED] = "changed",
    [ROSTER_AWAY] = "away",
};
static_assert(ELEMENTS(verdicts) == ROSTER_VERDICT_MAX, "a name for each verdict");

const char *roster_verdict_to_str(enum roster_verdict verdict)
{
    assert(verdict < ROSTER_VERDICT_MAX);
    return verdicts[verdict];
}

int roster_verdict_from_str(const char *text, enum roster_verdict *ret)
{
    for (size_t i = 0; i < ELEMENTS(verdicts); i++)
        if (strcmp(verdicts[i], text) == 0) {
            *ret = (enum roster_verdict)i;
            return 0;
        }
    return -EINVAL;
}

bool roster_verdict_refuses(enum roster_verdict verdict)
{
    return verdict != ROSTER_ALLOWED && verdict != ROSTER_OVERDUE;
}

// ---- Who is never asked about ------------------------------------------------------------------

bool roster_is_exempt_service(const char *service)
{
    static const char *const names[] = {"cron", "crond", "atd", "anacron", "systemd-user"};
    static const char end[] = "-greeter";
    size_t length = strlen(service), n = sizeof end - 1;
    for (size_t i = 0; i < ELEMENTS(names); i++)
        if (strcmp(names[i], service) == 0)
            return true;
    return length > n && strcmp(service + length - n, end) == 0;
}

// Root and the system's own (below 1000; systemd's dynamic users and nobody up to 65535). Accounts
// of a directory service have higher numbers and are persons again.
bool roster_is_exempt_uid(uint32_t uid)
{
    return uid < 1000 || (uid > 60000 && uid <= 65535) || uid == UINT32_MAX;
}

bool roster_is_name(const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return length > 0 && length < ROSTER_NAME_SIZE;
}

uint64_t roster_checksum(const char *text, size_t length)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (uint8_t)text[i]) * UINT64_C(1099511628211);
    return sum;
}

// ---- Lines -------------------------------------------------------------------------------------

#define LINE_MAX_SIZE (ROSTER_CONTACT_SIZE + 16)

struct lines {
    const char *next;
    size_t left;
    char line[LINE_MAX_SIZE];
};

// −ENOENT behind the last.
static int take_line(struct lines *lines)
{
    if (lines->left == 0)
        return -ENOENT;
    const char *end = memchr(lines->next, '\n', lines->left);
    size_t length = end ? (size_t)(end - lines->next) : 0;
    if (!end || length >= sizeof lines->line || memchr(lines->next, '\0', length))
        return -EBADMSG;
    memcpy(lines->line, lines->next, length);
    lines->line[length] = '\0';
    lines->left -= length + 1;
    lines->next += length + 1;
    return 0;
}

// What stands behind "KEY "; NULL: it is another line.
static const char *value_of(const char *line, const char *key)
{
    size_t length = strlen(key);
    return strncmp(line, key, length) == 0 && line[length] == ' ' ? line + length + 1 : NULL;
}

// The next word up to the next space; *text is then behind that. NULL: there is none that fits.
static const char *take_word(const char **text, char word[ROSTER_NAME_SIZE])
{
    size_t length = strcspn(*text, " ");
    if (length == 0 || length >= ROSTER_NAME_SIZE)
        return NULL;
    memcpy(word, *text, length);
    word[length] = '\0';
    *text += length;
    if (**text == ' ' && *++*text == '\0')
        return NULL;
    return word;
}

static int take_number(const char **text, uint64_t max, uint64_t *ret)
{
    char word[ROSTER_NAME_SIZE];
    uint64_t number = 0;
    if (!take_word(text, word) || (word[0] == '0' && word[1] != '\0'))
        return -EBADMSG;
    for (const char *digit = word; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || number > (max - (uint64_t)(*digit - '0')) / 10)
            return -EBADMSG;
        number = 10 * number + (uint64_t)(*digit - '0');
    }
    *ret = number;
    return 0;
}

static int take_choice(struct lines *lines, const char *key, const char *yes, const char *no,
                       bool *ret)
{
    int r = take_line(lines);
    const char *value = r == 0 ? value_of(lines->line, key) : NULL;
    if (!value || (strcmp(value, yes) != 0 && strcmp(value, no) != 0))
        return -EBADMSG;
    *ret = strcmp(value, yes) == 0;
    return 0;
}

// ---- What is found on the way -------------------------------------------------------------------

struct person {
    bool found;
    uint64_t uid, from_s, until_s, warn_s, refuse_s;
};

struct found {
    bool asks, enforce, away_allow;
    uint64_t floor_s;
    bool exempt_service, administrator;
    struct person person;
};

static int read_person(const char *text, const char *user, struct person *person)
{
    char name[ROSTER_NAME_SIZE];
    struct person read = {.found = true};
    uint64_t *const numbers[] = {&read.uid, &read.from_s, &read.until_s, &read.warn_s,
                                 &read.refuse_s};
    if (!take_word(&text, name) || !roster_is_name(name))
        return -EBADMSG;
    for (size_t i = 0; i < ELEMENTS(numbers); i++)
        if (take_number(&text, i == 0 ? UINT32_MAX : INT64_MAX, numbers[i]) < 0)
            return -EBADMSG;
    if (*text != '\0')
        return -EBADMSG;
    if (strcmp(name, user) == 0)
        *person = read;
    return 0;
}

static int read_entry(const char *line, const struct roster_question *question, struct found *found,
                      struct roster_answer *answer)
{
    const char *value = value_of(line, "person");
    if (value)
        return read_person(value, question->user, &found->person);
    if ((value = value_of(line, "contact"))) {
        if (strlen(value) >= sizeof answer->contact)
            return -EBADMSG;
        memcpy(answer->contact, value, strlen(value) + 1);
        return 0;
    }
    if ((value = value_of(line, "service")))
        found->exempt_service |= strcmp(value, question->service) == 0;
    else if ((value = value_of(line, "administrator")) || (value = value_of(line, "break-glass")))
        found->administrator |= strcmp(value, question->user) == 0;
    return value && roster_is_name(value) ? 0 : -EBADMSG;
}

static int read_head(struct lines *lines, struct found *found)
{
    int r = take_line(lines);
    if (r < 0 || strcmp(lines->line, "sekisho-roster 1") != 0)
        return -EBADMSG;
    r = take_choice(lines, "asks", "yes", "no", &found->asks);
    if (r == 0)
        r = take_choice(lines, "enforce", "yes", "no", &found->enforce);
    if (r == 0)
        r = take_choice(lines, "away", "allow", "refuse", &found->away_allow);
    if (r < 0 || take_line(lines) < 0)
        return -EBADMSG;
    const char *value = value_of(lines->line, "floor");
    return value && take_number(&value, INT64_MAX, &found->floor_s) == 0 && *value == '\0'
               ? 0
               : -EBADMSG;
}

static int check_end(const char *text, const struct lines *lines, const char *value)
{
    char sum[17];
    size_t before = (size_t)(lines->next - text) - strlen(lines->line) - 1;
    (void)snprintf(sum, sizeof sum, "%016" PRIx64, roster_checksum(text, before));
    return lines->left == 0 && strcmp(sum, value) == 0 ? 0 : -EBADMSG;
}

static int read_all(const char *text, size_t length, const struct roster_question *question,
                    struct found *found, struct roster_answer *answer)
{
    struct lines lines = {.next = text, .left = length};
    int r = length <= ROSTER_MAX ? read_head(&lines, found) : -EBADMSG;
    while (r == 0 && (r = take_line(&lines)) == 0) {
        const char *value = value_of(lines.line, "end");
        if (value)
            return check_end(text, &lines, value);
        r = read_entry(lines.line, question, found, answer);
    }
    return -EBADMSG; // it has no end
}

// ---- The decision ------------------------------------------------------------------------------

static enum roster_verdict judge_person(const struct person *person,
                                        const struct roster_question *question, uint64_t now_s)
{
    if (!person->found)
        return ROSTER_UNREGISTERED;
    if (person->uid != question->uid)
        return ROSTER_CHANGED;
    if (person->until_s != 0 && now_s >= person->until_s)
        return ROSTER_ENDED;
    // By the clock alone: a floor that a wrong clock once left must not begin anything early.
    if (question->now_s < person->from_s)
        return ROSTER_NOT_YET;
    if (person->refuse_s != 0 && now_s >= person->refuse_s)
        return ROSTER_UNTRAINED;
    return person->warn_s != 0 && now_s >= person->warn_s ? ROSTER_OVERDUE : ROSTER_ALLOWED;
}

int roster_decide(const char *text, size_t length, const struct roster_question *question,
                  struct roster_answer *ret)
{
    struct found found = {0};
    struct roster_answer answer = {.verdict = ROSTER_ALLOWED};
    int r = read_all(text, length, question, &found, &answer);
    if (r < 0)
        return r;
    uint64_t now_s = question->now_s > found.floor_s ? question->now_s : found.floor_s;
    bool is_asked = found.asks && !found.exempt_service && !found.administrator &&
                    !roster_is_exempt_uid(question->uid) &&
                    !roster_is_exempt_service(question->service);
    if (is_asked)
        answer.verdict = judge_person(&found.person, question, now_s);
    if (is_asked && question->away && !found.away_allow && !roster_verdict_refuses(answer.verdict))
        answer.verdict = ROSTER_AWAY;
    answer.observed = roster_verdict_refuses(answer.verdict) && !found.enforce;
    *ret = answer;
    return 0;
}
