// SPDX-License-Identifier: GPL-3.0-or-later
#include "story.h"

#include <criterion/criterion.h>

static uint64_t total(const struct spans *spans)
{
    return spans_total(spans, 0, UINT64_MAX);
}

Test(watched, two_ordinary_days_have_no_hole)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_end(&story);
    cr_expect_eq(total(&story.month.watched.seen), 16 * HOUR);
    cr_expect_eq(total(&story.month.watched.edges), 20 * S, "the start of the 3rd");
    cr_expect_eq(story.month.watched.holes.n, 0);
    month_clear(&story.month);
}

Test(watched, a_daemon_that_was_killed_leaves_a_hole_up_to_its_next_start)
{
    struct story story;
    story_begin(&story);
    story_install(&story, story_at(2, 9, 0));
    story_row(&story, story_at(2, 10, 0), FACT_LEDGER_SEALED, NULL, "sealed", NULL);
    story_row(&story, story_at(2, 13, 0), FACT_POLICY_LOADED, NULL, "loaded", NULL);
    story_gap(&story, story_at(2, 13, 0), story_at(2, 10, 0), story_at(2, 13, 0), false);
    story_row(&story, story_at(2, 13, 0), FACT_AGENT_STARTED, NULL, "started", NULL);
    story_stop(&story, story_at(2, 17, 0));
    story_end(&story);
    cr_expect_eq(total(&story.month.watched.holes), 3 * HOUR);
    cr_expect_eq(total(&story.month.watched.seen), 5 * HOUR);
    cr_expect_eq(total(&story.month.watched.on), 8 * HOUR);
    month_clear(&story.month);
}

Test(watched, a_gap_that_the_kernel_covered_is_excused_for_five_minutes_only)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_boot(&story, story_at(4, 9, 0));
    story_gap(&story, story_at(4, 9, 6), story_at(4, 9, 0), story_at(4, 9, 6), true);
    story_row(&story, story_at(4, 9, 6), FACT_AGENT_STARTED, NULL, "started", NULL);
    story_end(&story);
    cr_expect_eq(total(&story.month.watched.holes), 6 * MINUTE);
    month_clear(&story.month);
}

Test(watched, the_seconds_after_an_orderly_stop_are_a_shutdown)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_boot(&story, story_at(4, 9, 0));
    story_gap(&story, story_at(4, 9, 0) + 20 * S, story_at(3, 17, 0), story_at(3, 17, 0) + 8 * S,
              false);
    story_end(&story);
    cr_expect_eq(story.month.watched.holes.n, 0);
    month_clear(&story.month);
}

Test(watched, the_time_before_the_first_start_of_a_new_ledger_is_no_hole)
{
    struct story story;
    story_begin(&story);
    story_boot(&story, story_at(2, 8, 0));
    story_row(&story, story_at(2, 9, 0), FACT_LEDGER_OPENED, STORY_MONTH, "opened",
              "{\"host\":\"pc-01\",\"previous_sequence\":0}");
    story_gap(&story, story_at(2, 9, 0) + S, story_at(2, 8, 0), story_at(2, 9, 0) + S, false);
    story_row(&story, story_at(2, 9, 0) + S, FACT_AGENT_STARTED, NULL, "started", NULL);
    story_stop(&story, story_at(2, 10, 0));
    story_end(&story);
    cr_expect_eq(story.month.watched.holes.n, 0);
    cr_expect_eq(total(&story.month.watched.seen), HOUR - S);
    month_clear(&story.month);
}

Test(watched, a_boot_that_goes_on_after_the_stop_is_a_hole)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_boot(&story, story_at(4, 9, 0));
    story_gap(&story, story_at(4, 9, 0) + 20 * S, story_at(3, 17, 0), story_at(3, 18, 0), false);
    story_end(&story);
    cr_expect_eq(total(&story.month.watched.holes), HOUR);
    month_clear(&story.month);
}

Test(watched, a_run_goes_on_over_the_turn_of_the_month)
{
    struct story story;
    story_begin(&story);
    story_boot(&story, story.month.begin_ns - 5 * HOUR);
    story_row(&story, story_at(1, 0, 10), FACT_LEDGER_OPENED, STORY_MONTH, "opened",
              "{\"host\":\"pc-01\",\"previous_sequence\":77}");
    story_row(&story, story_at(1, 3, 0), FACT_LEDGER_SEALED, NULL, "sealed", NULL);
    story_end(&story);
    cr_expect(story.month.watched.any);
    cr_expect_eq(total(&story.month.watched.seen), 3 * HOUR);
    month_clear(&story.month);
}

Test(watched, a_power_cut_ends_the_run_at_the_last_row)
{
    struct story story;
    story_begin(&story);
    story_install(&story, story_at(2, 9, 0));
    story_row(&story, story_at(2, 10, 0), FACT_LEDGER_SEALED, NULL, "sealed", NULL);
    story_start(&story, story_at(2, 15, 0));
    story_stop(&story, story_at(2, 16, 0));
    story_end(&story);
    cr_expect_eq(total(&story.month.watched.seen), 2 * HOUR);
    month_clear(&story.month);
}

Test(watched, rows_that_could_not_be_written_are_counted)
{
    struct story story;
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(
        &story, story_at(3, 12, 0), FACT_AGENT_GAP, NULL, "recorded",
        "{\"cause\":\"the ledger could not be written\",\"lost\":3,\"from_ns\":1,\"to_ns\":2}");
    story_end(&story);
    cr_expect_eq(story.month.watched.lost, 3);
    month_clear(&story.month);
}

Test(watched, what_auditing_missed_is_no_time_that_nobody_watched)
{
    struct story story;
    char details[160];
    story_begin(&story);
    story_tell_two_days(&story);
    (void)snprintf(details, sizeof details,
                   "{\"source\":\"audit\",\"cause\":\"auditd had suspended writing\",\"lost\":4,"
                   "\"from_ns\":%llu,\"to_ns\":%llu}",
                   (unsigned long long)story_at(3, 10, 0), (unsigned long long)story_at(3, 11, 0));
    story_row(&story, story_at(3, 12, 0), FACT_AGENT_GAP, NULL, "unwatched", details);
    story_end(&story);
    cr_expect_eq(story.month.watched.holes.n, 0);
    cr_expect_eq(story.month.watched.lost, 0);
    cr_expect_eq(total(&story.month.watched.unread.spans), HOUR);
    cr_expect_eq(story.month.watched.unread.lost, 4);
    month_clear(&story.month);
}
