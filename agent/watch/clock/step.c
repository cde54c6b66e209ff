// SPDX-License-Identifier: GPL-3.0-or-later
// The wall clock beside the one that counts since boot, sleep included: both are slewed alike, and
// only the first can be set.
#include "watch/clock/step.h"

int64_t clock_step_ms(const struct moment *before, const struct moment *now,
                      uint64_t *ret_expected_ns)
{
    uint64_t expected = before->wall_ns + (now->monotonic_ns - before->monotonic_ns);
    bool later = now->wall_ns > expected;
    uint64_t distance = later ? now->wall_ns - expected : expected - now->wall_ns;
    *ret_expected_ns = expected;
    if (distance < CLOCK_STEP_MIN_NS)
        return 0;
    int64_t ms = (int64_t)(distance / NS_PER_MS);
    return later ? ms : -ms;
}
