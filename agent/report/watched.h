// SPDX-License-Identifier: GPL-3.0-or-later
// When the PC was powered on, and when the agent watched, from the agent's own rows. Fed with every
// row in order; agent.started, agent.stopped and agent.gap say the essential. What auditing missed
// is no time in which nobody watched, and stands by itself.
#pragma once

#include "base/json.h"
#include "ledger/query.h"
#include "report/spans.h"
#include "report/unread.h"

#include <stdbool.h>

// A boot begins before the daemon does, and ends after it. While the kernel keeps the gate shut, or
// has the firewall, these seconds are no hole; longer ones are.
#define WATCHED_START_UP_MAX_NS (5 * 60 * NS_PER_S)
#define WATCHED_SHUTDOWN_MAX_NS (2 * 60 * NS_PER_S)

// What the kernel held without us.
enum watched_cover {
    WATCHED_GATE,     // whenever we were away
    WATCHED_FIREWALL, // from power-on only: while nobody watches it, root may lift it and put it
                      // back
};

struct watched {
    enum watched_cover cover;
    uint64_t begin_ns, end_ns; // the period; set by watched_init(), begin_ns may be moved later
    struct spans on;           // powered on, as far as the rows know
    struct spans seen;         // on, and watched
    struct spans edges;        // on, not watched, but excused as above
    struct spans holes;        // on, and not watched
    struct unread unread;      // logins and file access were not recorded, or not all
    uint64_t lost;             // facts that could not be recorded
    bool any;                  // there was a row of the agent at all
    // While rows come in:
    char boot[BOOT_ID_SIZE];
    bool running, stopped;
    uint64_t run_from_ns, alive_ns, stopped_ns, last_ns;
};

void watched_init(struct watched *watched, enum watched_cover cover, uint64_t begin_ns,
                  uint64_t end_ns);
void watched_clear(struct watched *watched);
must_check int watched_take(struct watched *watched, const struct query_row *row,
                            json_object *details);
// After the last row.
must_check int watched_end(struct watched *watched);
