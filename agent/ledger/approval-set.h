// SPDX-License-Identifier: GPL-3.0-or-later
// The approvals that a series of rows leaves in force. No file and no clock in here.
#pragma once

#include "fact/fact.h"
#include "policy/approval.h"

struct approval_list {
    struct approval **items; // by number
    size_t n;
};

struct approval_set {
    struct approval_list current;
    struct approval_list stated; // what the statement under way has said so far
    uint64_t part, parts;        // of that statement; 0: none under way
};
void approval_set_clear(struct approval_set *set);

// Is it a kind that approval_set_apply() knows?
bool approval_set_knows(enum fact_kind kind);
// One row. −EBADMSG, −ENOSPC: it is left out; −ENOMEM.
must_check int approval_set_apply(struct approval_set *set, enum fact_kind kind,
                                  const char *details, uint64_t sequence);

// The details of one register.stated row; `part` counts from 1 to approval_set_parts().
size_t approval_set_parts(const struct approval_set *set);
must_check int approval_set_state(const struct approval_set *set, size_t part, char **ret);
