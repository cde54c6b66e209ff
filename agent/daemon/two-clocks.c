// SPDX-License-Identifier: GPL-3.0-or-later
// The wall clock beside what has passed.
#include "daemon/two-clocks.h"

#include "base/text.h"

#define STEP_NS NS_PER_S // by less the clock was not set; the two are never read at one moment

struct permit_clock two_clocks_read(const struct moment *begun, const struct ledger *ledger)
{
    struct ledger_head head;
    struct moment now = moment_now();
    uint64_t passed_ns = now.monotonic_ns - begun->monotonic_ns;
    uint64_t expected_ns = begun->wall_ns + passed_ns;
    ledger_get_head(ledger, &head);
    uint64_t floor_ns = head.latest.wall_ns;
    if (text_equal(head.latest.boot, now.boot) && head.latest.monotonic_ns < now.monotonic_ns)
        floor_ns += now.monotonic_ns - head.latest.monotonic_ns;
    struct permit_clock clock = {
        .earliest_ns = now.wall_ns < expected_ns ? now.wall_ns : expected_ns,
        .latest_ns = now.wall_ns > expected_ns ? now.wall_ns : expected_ns,
    };
    if (clock.latest_ns - clock.earliest_ns < STEP_NS)
        clock.earliest_ns = clock.latest_ns;
    if (floor_ns > clock.latest_ns)
        clock.latest_ns = floor_ns;
    return clock;
}
