// SPDX-License-Identifier: GPL-3.0-or-later
// Lines of fields between colons.
#include "watch/posture/accounts.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define PASSWD_FIELDS 7
#define LINE_MAX_LENGTH 4096

static const char *const password_names[] = {
    [ACCOUNT_PASSWORD_UNKNOWN] = "unknown", [ACCOUNT_PASSWORD_SET] = "set",
    [ACCOUNT_PASSWORD_EMPTY] = "empty",     [ACCOUNT_PASSWORD_LOCKED] = "locked",
    [ACCOUNT_PASSWORD_MISSING] = "missing",
};
static_assert(ELEMENTS(password_names) == ACCOUNT_PASSWORD_MAX, "a name for each state");

const char *account_password_to_str(enum account_password password)
{
    return password_names[password];
}

void accounts_clear(struct accounts *accounts)
{
    for (size_t i = 0; i < accounts->n; i++) {
        free(accounts->items[i].name);
        free(accounts->items[i].home);
        free(accounts->items[i].shell);
    }
    free(accounts->items);
    *accounts = (struct accounts){0};
}

bool account_has_login(const struct account *account)
{
    static const char *const closed[] = {"nologin", "false", "true", "sync", "halt", "shutdown"};
    const char *shell = text_basename(account->shell);
    for (size_t i = 0; i < ELEMENTS(closed); i++)
        if (text_equal(shell, closed[i]))
            return false;
    return true; // an empty field is /bin/sh
}

bool account_is_person(const struct account *account)
{
    return account->uid >= ACCOUNTS_PERSON_UID && account->uid != ACCOUNTS_NOBODY_UID &&
           account_has_login(account);
}

// ---- Fields ------------------------------------------------------------------------------------

static enum account_password judge_field(const char *field, size_t length)
{
    if (length == 0)
        return ACCOUNT_PASSWORD_EMPTY;
    return field[0] == '!' || field[0] == '*' ? ACCOUNT_PASSWORD_LOCKED : ACCOUNT_PASSWORD_SET;
}

// The line of that name, behind the name and its colon; NULL: there is none.
static const char *find_line(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = text; line && *line;) {
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return NULL;
}

static enum account_password find_password(const char *field, const char *shadow, const char *name)
{
    if (!text_equal(field, "x"))
        return judge_field(field, strlen(field));
    if (!shadow)
        return ACCOUNT_PASSWORD_UNKNOWN;
    const char *line = find_line(shadow, name);
    return line ? judge_field(line, strcspn(line, ":\n")) : ACCOUNT_PASSWORD_MISSING;
}

static bool split(char *line, char *ret[PASSWD_FIELDS])
{
    for (size_t i = 0; i < PASSWD_FIELDS; i++) {
        ret[i] = strsep(&line, ":");
        if (!ret[i])
            return false;
    }
    return true;
}

// 0: it is no account.
static int parse_line(char *line, const char *shadow, struct account *ret)
{
    char *fields[PASSWD_FIELDS];
    uint64_t uid, gid;
    if (line[0] == '+' || line[0] == '-' || !split(line, fields) || !fields[0][0] ||
        text_to_u64(fields[2], 10, UINT32_MAX, &uid) < 0 ||
        text_to_u64(fields[3], 10, UINT32_MAX, &gid) < 0)
        return 0;
    struct account account = {
        .name = text_dup(fields[0]),
        .home = text_dup(fields[5]),
        .shell = text_dup(fields[6]),
        .uid = (uint32_t)uid,
        .gid = (uint32_t)gid,
        .password = find_password(fields[1], shadow, fields[0]),
    };
    if (account.name && account.home && account.shell) {
        *ret = account;
        return 1;
    }
    free(account.name);
    free(account.home);
    free(account.shell);
    return -ENOMEM;
}

static int take_line(struct accounts *accounts, char *line, const char *shadow)
{
    struct account *more = reallocarray(accounts->items, accounts->n + 1, sizeof *accounts->items);
    if (!more)
        return -ENOMEM;
    accounts->items = more;
    int r = parse_line(line, shadow, &more[accounts->n]);
    if (r < 0)
        return r;
    accounts->n += (size_t)r;
    accounts->has_odd_lines = accounts->has_odd_lines || r == 0;
    return 0;
}

int accounts_parse(const char *passwd, const char *shadow, struct accounts *ret)
{
    struct accounts accounts = {0};
    int r = 0;
    for (const char *line = passwd; r == 0 && *line;) {
        size_t length = strcspn(line, "\n");
        CLEANUP_FREE char *copy = strndup(line, length);
        bool is_full = accounts.n == ACCOUNTS_MAX;
        if (!copy)
            r = -ENOMEM;
        else if (is_full || length > LINE_MAX_LENGTH)
            accounts.has_too_many = true;
        else if (length > 0 && copy[0] != '#')
            r = take_line(&accounts, copy, shadow);
        line += length + (line[length] == '\n');
    }
    if (r < 0) {
        accounts_clear(&accounts);
        return r;
    }
    *ret = accounts;
    return 0;
}
