// SPDX-License-Identifier: GPL-3.0-or-later
// Two small tables of answers, of which the oldest makes room.
#include "daemon/accounts.h"

#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

#define ANSWERS_MAX 128
#define FRESH_NS (60 * NS_PER_S)
#define RECORD_SIZE 16384 // of one account, with its texts

struct answer {
    uint64_t asked_ns; // CLOCK_BOOTTIME; 0: none
    uint32_t uid;
    char name[ACCOUNT_NAME_SIZE];
    bool found;
};

struct accounts {
    struct answer by_uid[ANSWERS_MAX], by_name[ANSWERS_MAX];
};

int accounts_new(struct accounts **ret)
{
    struct accounts *accounts = calloc(1, sizeof *accounts);
    if (!accounts)
        return -ENOMEM;
    *ret = accounts;
    return 0;
}

void accounts_free(struct accounts *accounts)
{
    free(accounts);
}

static bool is_fresh(const struct answer *answer, uint64_t now_ns)
{
    return answer->asked_ns != 0 && now_ns - answer->asked_ns < FRESH_NS;
}

static struct answer *oldest_of(struct answer answers[ANSWERS_MAX])
{
    struct answer *oldest = &answers[0];
    for (size_t i = 1; i < ANSWERS_MAX; i++)
        if (answers[i].asked_ns < oldest->asked_ns)
            oldest = &answers[i];
    return oldest;
}

static struct answer *ask_uid(struct accounts *accounts, uint32_t uid, uint64_t now_ns)
{
    struct answer *answer = oldest_of(accounts->by_uid);
    char buffer[RECORD_SIZE];
    struct passwd record, *found = NULL;
    (void)getpwuid_r(uid, &record, buffer, sizeof buffer, &found);
    *answer = (struct answer){.asked_ns = now_ns, .uid = uid};
    answer->found = found && strlen(found->pw_name) < sizeof answer->name;
    if (answer->found)
        text_copy(answer->name, sizeof answer->name, found->pw_name);
    return answer;
}

bool accounts_name_of(void *context, uint32_t uid, char ret[ACCOUNT_NAME_SIZE])
{
    struct accounts *accounts = context;
    const struct answer *answer = NULL;
    uint64_t now_ns = moment_now().monotonic_ns;
    for (size_t i = 0; i < ANSWERS_MAX && !answer; i++)
        if (accounts->by_uid[i].uid == uid && is_fresh(&accounts->by_uid[i], now_ns))
            answer = &accounts->by_uid[i];
    if (!answer)
        answer = ask_uid(accounts, uid, now_ns);
    if (answer->found)
        memcpy(ret, answer->name, sizeof answer->name);
    return answer->found;
}

static struct answer *ask_name(struct accounts *accounts, const char *name, uint64_t now_ns)
{
    struct answer *answer = oldest_of(accounts->by_name);
    char buffer[RECORD_SIZE];
    struct passwd record, *found = NULL;
    (void)getpwnam_r(name, &record, buffer, sizeof buffer, &found);
    *answer = (struct answer){.asked_ns = now_ns, .found = found};
    text_copy(answer->name, sizeof answer->name, name);
    return answer;
}

bool accounts_exists(void *context, const char *name)
{
    struct accounts *accounts = context;
    uint64_t now_ns = moment_now().monotonic_ns;
    if (strlen(name) >= ACCOUNT_NAME_SIZE)
        return false;
    for (size_t i = 0; i < ANSWERS_MAX; i++)
        if (is_fresh(&accounts->by_name[i], now_ns) && strcmp(accounts->by_name[i].name, name) == 0)
            return accounts->by_name[i].found;
    return ask_name(accounts, name, now_ns)->found;
}
