// SPDX-License-Identifier: GPL-3.0-or-later
// Who is no handler of a protected folder: neither by the policy's files.handlers nor by the
// register of operators. Where nobody is named for a folder, nobody is a stranger to it. Clauses
// 3 (2), 5 (5).
#pragma once

#include "ledger/registers.h"
#include "policy/policy.h"

#include <stdbool.h>

struct strangers_asked {
    const struct policy *policy; // NULL: only the register counts
    const struct registers *registers;
    const char *login;  // NULL: the uid has no name, which is nobody's
    const char *folder; // as the policy names it
};
// Asks the system for a group's members where the policy names one; whose primary group it is
// counts too.
bool strangers_include(const struct strangers_asked *asked);
