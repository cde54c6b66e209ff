// SPDX-License-Identifier: GPL-3.0-or-later
// The machine's own accounts: /etc/passwd, /etc/shadow, /etc/group.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCOUNTS_MAX 2048
#define ACCOUNTS_PERSON_UID 1000 // Debian's UID_MIN
#define ACCOUNTS_NOBODY_UID 65534

enum account_password {
    ACCOUNT_PASSWORD_UNKNOWN, // /etc/shadow could not be read
    ACCOUNT_PASSWORD_SET,
    ACCOUNT_PASSWORD_EMPTY,
    ACCOUNT_PASSWORD_LOCKED,  // "!…", "*": no password is the right one
    ACCOUNT_PASSWORD_MISSING, // no line in /etc/shadow
    ACCOUNT_PASSWORD_MAX,
};
const char *account_password_to_str(enum account_password password);

struct account {
    char *name, *home, *shell;
    uint32_t uid, gid;
    enum account_password password;
};

// Empty when zeroed.
struct accounts {
    struct account *items;
    size_t n;
    bool has_odd_lines; // some that are no account, or ask another service (“+”)
    bool has_too_many;
};
void accounts_clear(struct accounts *accounts);

// Texts of the files; `shadow` NULL: it could not be read. −ENOMEM.
int accounts_parse(const char *passwd, const char *shadow, struct accounts *ret)
    __attribute__((warn_unused_result));

// With a shell that lets somebody in.
bool account_has_login(const struct account *account);
// … and of somebody who sits at the machine: neither root nor a service.
bool account_is_person(const struct account *account);
