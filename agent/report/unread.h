// SPDX-License-Identifier: GPL-3.0-or-later
// When logins and file access were not recorded, or not all of them: agent.gap rows whose source is
// audit. Time in which nobody watched devices is another thing (watched.h): what happened while the
// agent was away is read later from auditd's log.
#pragma once

#include "base/json.h"
#include "fact/fact.h"
#include "report/spans.h"

#define UNREAD_OPEN_MAX 2 // auditd is away, or has suspended writing

// Empty when zeroed.
struct unread {
    struct spans spans;
    uint64_t lost; // audit records that are known to be lost: the least
    // While rows come in: what has begun and not ended; 0: nothing.
    uint64_t open_ns[UNREAD_OPEN_MAX];
    char boot[BOOT_ID_SIZE]; // of the latest row
};

void unread_clear(struct unread *unread);
// Any agent.gap row, in order.
must_check int unread_take(struct unread *unread, const struct fact *fact, json_object *details);
// After the last row: what has not ended lasts until `now_ns`. Cuts all to the period.
must_check int unread_end(struct unread *unread, uint64_t now_ns, const struct span *period);
