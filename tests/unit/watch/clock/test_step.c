// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/clock/step.h"

#include "watch/watch.h"

#include <criterion/criterion.h>

#define DAY_NS (86400 * NS_PER_S)

static uint64_t expected_ns;

static int64_t step(uint64_t wall_ns, uint64_t monotonic_ns)
{
    const struct moment before = {.wall_ns = 1000 * DAY_NS, .monotonic_ns = 5 * NS_PER_S};
    const struct moment now = {.wall_ns = 1000 * DAY_NS + wall_ns,
                               .monotonic_ns = 5 * NS_PER_S + monotonic_ns};
    return clock_step_ms(&before, &now, &expected_ns);
}

Test(clock_step, time_that_passes_is_none)
{
    cr_expect_eq(step(0, 0), 0);
    cr_expect_eq(step(3600 * NS_PER_S, 3600 * NS_PER_S), 0);
}

Test(clock_step, less_than_a_second_is_none)
{
    cr_expect_eq(step(60 * NS_PER_S + 999 * NS_PER_MS, 60 * NS_PER_S), 0);
    cr_expect_eq(step(59 * NS_PER_S + 1 * NS_PER_MS, 60 * NS_PER_S), 0);
}

Test(clock_step, forwards_and_backwards_are_told_apart)
{
    cr_expect_eq(step(60 * NS_PER_S + DAY_NS, 60 * NS_PER_S), 86400 * 1000);
    cr_expect_eq(expected_ns, 1000 * DAY_NS + 60 * NS_PER_S);
    cr_expect_eq(step(0, 60 * NS_PER_S), -60 * 1000);
    cr_expect_eq(expected_ns, 1000 * DAY_NS + 60 * NS_PER_S);
    cr_expect_eq(step(NS_PER_S, 0), 1000);
}

static void count(void *context, struct fact *fact)
{
    fact_free(fact);
    ++*(int *)context;
}

Test(clock_watch, a_clock_that_nobody_sets_puts_nothing)
{
    int n = 0;
    void *state = NULL;
    const struct watch_context context = {.sink = {count, &n}};
    cr_assert_eq(watch_clock.start(&context, &state), 0);
    cr_expect_eq(watch_clock.snapshot(state), 0);
    watch_clock.stop(state);
    cr_expect_eq(n, 0);
}
