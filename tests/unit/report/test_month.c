// SPDX-License-Identifier: GPL-3.0-or-later
#include "story.h"

#include <criterion/criterion.h>

Test(month, plugs_of_one_device_are_one_line_with_a_count)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_blocked(&story, story_at(2, 10, 0), "0951:1666:A", "blocked");
    story_blocked(&story, story_at(2, 11, 0), "0951:1666:A", "blocked");
    story_blocked(&story, story_at(3, 10, 0), "0951:1666:B", "blocked");
    story_end(&story);
    cr_expect_eq(story.month.blocked.plugs, 3);
    cr_assert_eq(story.month.blocked.n, 2);
    cr_expect_eq(story.month.blocked.items[0]->count, 2);
    cr_expect_str_eq(story.month.blocked.items[0]->description, "Kingston DataTraveler");
    cr_expect_eq(story.month.blocked_by_day[1], 2);
    cr_expect_eq(story.month.blocked_by_day[2], 1);
    month_clear(&story.month);
}

Test(month, its_first_and_last_instant_are_cut_in_japan_time)
{
    struct story story;
    story_begin(&story);
    story_boot(&story, story.month.begin_ns - HOUR);
    story_blocked(&story, story.month.begin_ns - 1, "0951:1666:OCTOBER", "blocked");
    story_blocked(&story, story.month.begin_ns, "0951:1666:FIRST", "blocked");
    story_blocked(&story, story.month.end_ns - 1, "0951:1666:LAST", "blocked");
    story_blocked(&story, story.month.end_ns, "0951:1666:DECEMBER", "blocked");
    story_end(&story);
    cr_expect_eq(story.month.begin_ns, UINT64_C(1793458800) * S, "31 October, 15:00 UTC");
    cr_expect_eq(story.month.blocked.plugs, 2);
    cr_expect_eq(story.month.blocked_by_day[0], 1);
    cr_expect_eq(story.month.blocked_by_day[29], 1);
    cr_expect_eq(month_days(&story.month), 30);
    month_clear(&story.month);
}

Test(month, a_late_row_of_the_next_file_still_belongs_to_it)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story.month.end_ns + HOUR, FACT_LEDGER_OPENED, "2026-12", "opened",
              "{\"host\":\"pc-01\",\"previous_sequence\":9}");
    story_blocked(&story, story_at(30, 23, 59), "0951:1666:LATE", "blocked");
    story_end(&story);
    cr_expect_eq(story.month.blocked.plugs, 1);
    month_clear(&story.month);
}

Test(month, an_approved_device_is_listed_with_who_approved_it)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(2, 9, 30), FACT_APPROVAL_GRANTED, "0951:1666:A", "granted",
              "{\"approver\":\"sato\",\"permit\":\"R8-17\"}");
    char rule[32];
    snprintf(rule, sizeof rule, "approval:%" PRIu64, story.sequence);
    story_used(&story, story_at(2, 10, 0), "0951:1666:A", rule);
    story_used(&story, story_at(2, 10, 1), "046d:c31c", "default:keyboard");
    story_end(&story);
    cr_assert_eq(story.month.used.n, 1, "a keyboard needs no approval");
    cr_expect_str_eq(story.month.used.items[0]->approver, "sato");
    cr_expect_str_eq(story.month.used.items[0]->permit, "R8-17");
    month_clear(&story.month);
}

Test(month, an_approval_of_an_earlier_month_is_known_from_the_restated_register)
{
    struct story story;
    story_begin(&story);
    story_row(&story, story_at(1, 9, 0), FACT_REGISTER_STATED, "approvals", "stated",
              "{\"register\":\"approvals\",\"first\":true,\"entries\":[{\"number\":417,"
              "\"approver\":\"suzuki\"}]}");
    story_used(&story, story_at(2, 10, 0), "0951:1666:A", "approval:417");
    story_end(&story);
    cr_assert_eq(story.month.used.n, 1);
    cr_expect_str_eq(story.month.used.items[0]->approver, "suzuki");
    month_clear(&story.month);
}

Test(month, it_was_observe_if_any_of_its_time_was)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    cr_expect_eq(story.month.gate.mode, MONTH_MODE_ENFORCE);
    story_row(&story, story_at(3, 12, 0), FACT_MODE_CHANGED, "usb", "changed",
              "{\"mode\":\"observe\"}");
    story_row(&story, story_at(3, 12, 5), FACT_MODE_CHANGED, "usb", "changed",
              "{\"mode\":\"enforce\"}");
    story_end(&story);
    cr_expect_eq(story.month.gate.mode, MONTH_MODE_OBSERVE);
    month_clear(&story.month);
}

Test(month, the_mode_of_another_guard_is_not_that_of_the_gate)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 12, 0), FACT_MODE_CHANGED, "network", "stated",
              "{\"mode\":\"observe\"}");
    story_end(&story);
    cr_expect_eq(story.month.gate.mode, MONTH_MODE_ENFORCE);
    month_clear(&story.month);
}

Test(month, a_first_change_to_enforce_tells_that_it_was_observe_before)
{
    struct story story;
    story_begin(&story);
    story_row(&story, story_at(3, 12, 5), FACT_MODE_CHANGED, "usb", "changed",
              "{\"mode\":\"enforce\"}");
    story_end(&story);
    cr_expect_eq(story.month.gate.mode, MONTH_MODE_OBSERVE);
    month_clear(&story.month);
}

Test(month, the_mode_of_the_month_before_holds_on)
{
    struct story story;
    story_begin(&story);
    story_row(&story, story.month.begin_ns - HOUR, FACT_AGENT_STARTED, NULL, "started",
              "{\"mode\":\"enforce\"}");
    story_end(&story);
    cr_expect_eq(story.month.gate.mode, MONTH_MODE_ENFORCE);
    month_clear(&story.month);
}

Test(month, the_ledgers_first_row_begins_the_period)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_end(&story);
    cr_expect(story.month.installed);
    cr_expect_eq(story.month.from_ns, story_at(2, 9, 0));
    cr_expect_str_eq(story.month.host, "pc-01");
    month_clear(&story.month);
}

Test(month, what_is_no_month_is_refused)
{
    struct month month;
    cr_expect_lt(month_init(&month, "2026-13"), 0);
    cr_expect_lt(month_init(&month, "2026-1"), 0);
}
