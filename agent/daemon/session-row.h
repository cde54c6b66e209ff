// SPDX-License-Identifier: GPL-3.0-or-later
// Rows about sessions on the screen: session.locked and session.unlocked, object as in login.*.
#pragma once

#include "daemon/accounts.h"
#include "fact/fact.h"

// The row of a SEEN_LOCK. NULL on lack of memory.
struct fact *session_row(const struct fact *seen, struct accounts *accounts);
