// SPDX-License-Identifier: GPL-3.0-or-later
#include "decision/flood.h"

#include "base/moment.h"
#include "base/text.h"

#include <criterion/criterion.h>

#define MS UINT64_C(1000000)

static enum flood_answer plug(struct flood *flood, const char *port, unsigned times, uint64_t from)
{
    enum flood_answer answer = FLOOD_NONE;
    for (unsigned i = 0; i < times; i++)
        answer = flood_note(flood, port, from + i * 20 * MS);
    return answer;
}

Test(flood, a_person_who_plugs_a_stick_a_few_times_is_no_flood)
{
    struct flood flood = {0};
    cr_expect_eq(plug(&flood, "1-2", FLOOD_PLUGS, 0), FLOOD_NONE);
    cr_expect_eq(flood_note(&flood, "1-2", FLOOD_WINDOW_NS + 1), FLOOD_NONE);
    cr_expect_not(flood_is_on(&flood, "1-2"));
}

Test(flood, begins_once_and_counts_from_then_on)
{
    struct flood flood = {0};
    struct flood_port port;
    cr_expect_eq(plug(&flood, "1-2", FLOOD_PLUGS + 1, 0), FLOOD_BEGINS);
    cr_expect_eq(plug(&flood, "1-2", 100, 500 * MS), FLOOD_GOES_ON);
    cr_expect(flood_is_on(&flood, "1-2"));
    cr_expect_not(flood_take_ended(&flood, 3000 * MS, &port));
    cr_assert(flood_take_ended(&flood, 3000 * MS + FLOOD_QUIET_NS, &port));
    cr_expect_str_eq(port.name, "1-2");
    cr_expect_eq(port.folded, 100);
    cr_expect_not(flood_is_on(&flood, "1-2"));
    cr_expect_eq(flood_note(&flood, "1-2", 4000 * MS + FLOOD_QUIET_NS), FLOOD_NONE);
}

Test(flood, leaves_the_other_ports_alone)
{
    struct flood flood = {0};
    cr_expect_eq(plug(&flood, "1-2", 500, 0), FLOOD_GOES_ON);
    cr_expect_eq(flood_note(&flood, "1-3", 10000 * MS), FLOOD_NONE);
    cr_expect_not(flood_is_on(&flood, "1-3"));
}

Test(flood, is_remembered_before_quiet_ports_when_there_are_too_many)
{
    struct flood flood = {0};
    cr_expect_eq(plug(&flood, "1-1", FLOOD_PLUGS + 1, 0), FLOOD_BEGINS);
    for (unsigned i = 2; i < 3 * FLOOD_PORTS_MAX; i++) {
        CLEANUP_FREE char *name = text_format("1-%u", i);
        (void)flood_note(&flood, name, 1000 * MS + i);
    }
    cr_expect_eq(flood.n, FLOOD_PORTS_MAX);
    cr_expect(flood_is_on(&flood, "1-1"));
}
