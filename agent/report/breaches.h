// SPDX-License-Identifier: GPL-3.0-or-later
// When the air gap was broken, from airgap.broken and airgap.restored. Fed with every row in order,
// also those before and behind the month: a breach may begin and end elsewhere. Clause 5 (1).
#pragma once

#include "base/json.h"
#include "fact/fact.h"
#include "report/spans.h"

#include <stdbool.h>

#define BREACHES_MAX 10000 // listed; what is beyond is counted

enum breach_end {
    BREACH_ENDED,     // a row tells when
    BREACH_CONTINUES, // it went on beyond the month
    BREACH_OPEN,      // not ended at the last row, and the month is not over
    BREACH_UNKNOWN,   // nobody was there to see its end
    BREACH_END_MAX,
};
const char *breach_end_to_str(enum breach_end end); // "ended"

struct breach {
    char *link, *mac, *reason; // "" for none
    char *
        outcome; // "set down", "route removed", "cut off", "failed", "observed"; "" if no row tells
    uint64_t from_ns;
    uint64_t until_ns;  // ENDED: when. Otherwise it is known to have lasted until then
    uint64_t length_ns; // of what lies in the month; the least, if the end is not known
    enum breach_end end;
    bool earlier; // it began before the month
};

// Empty when zeroed.
struct breaches {
    struct breach *items;
    size_t n;
    uint64_t unlisted;  // beyond BREACHES_MAX
    struct spans spans; // when one or more lasted
    bool least;         // they may have lasted longer than that
    // While rows come in, of those that the agent writes of its own present:
    char boot[BOOT_ID_SIZE];
    uint64_t last_ns;
};

void breaches_clear(struct breaches *breaches);
must_check int breaches_take(struct breaches *breaches, const struct fact *fact,
                             json_object *details);
// After the last row: drops what was over before the month, or began after it. `now_ns`: what is
// later has not happened yet.
must_check int breaches_end(struct breaches *breaches, const struct span *month, uint64_t now_ns);
