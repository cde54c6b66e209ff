// SPDX-License-Identifier: GPL-3.0-or-later
// Names of accounts, as the system's name services know them. They may have to ask a directory on
// the network, and the loop waits: so an answer is kept for a minute, and only so many of them.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define ACCOUNT_NAME_SIZE 64 // useradd allows 32 bytes

struct accounts;

must_check int accounts_new(struct accounts **ret);
void accounts_free(struct accounts *accounts);
DEFINE_CLEANUP(struct accounts, accounts_free)

// Both are for struct trail_settings: `accounts` is a struct accounts. False: there is none, or the
// name services don't answer.
bool accounts_name_of(void *accounts, uint32_t uid, char ret[ACCOUNT_NAME_SIZE]);
bool accounts_exists(void *accounts, const char *name);
