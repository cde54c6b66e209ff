// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/breaches.h"
#include "story.h"

#include <criterion/criterion.h>

static struct story story;

static const struct breaches *breaches(void)
{
    return &story.month.network.breaches;
}

static void expect(size_t i, enum breach_end end, uint64_t from_ns, uint64_t until_ns,
                   uint64_t length_ns)
{
    cr_assert_lt(i, breaches()->n);
    const struct breach *breach = &breaches()->items[i];
    cr_expect_eq(breach->end, end, "%s", breach_end_to_str(breach->end));
    cr_expect_eq(breach->from_ns, from_ns);
    cr_expect_eq(breach->until_ns, until_ns);
    cr_expect_eq(breach->length_ns, length_ns, "%" PRIu64 " s", breach->length_ns / S);
}

Test(breaches, one_that_was_ended_has_its_link_its_cause_and_its_length)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_broken(&story, story_at(3, 10, 0), "eth1", story_at(3, 10, 0));
    story_restored(&story, story_at(3, 10, 5), "eth1", story_at(3, 10, 0), 5 * MINUTE);
    story_end(&story);
    expect(0, BREACH_ENDED, story_at(3, 10, 0), story_at(3, 10, 5), 5 * MINUTE);
    cr_expect_str_eq(breaches()->items[0].link, "eth1");
    cr_expect_str_eq(breaches()->items[0].mac, "52:54:00:00:00:01");
    cr_expect_str_eq(breaches()->items[0].reason, "not-named");
    cr_expect_str_eq(breaches()->items[0].outcome, "set down");
    cr_expect_not(breaches()->least);
    month_clear(&story.month);
}

Test(breaches, a_link_that_was_renamed_meanwhile_is_one_breach)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_broken(&story, story_at(3, 10, 0), "eth1", story_at(3, 10, 0));
    story_restored(&story, story_at(3, 10, 5), "enp3s0", story_at(3, 10, 0), 5 * MINUTE);
    story_end(&story);
    cr_assert_eq(breaches()->n, 1);
    expect(0, BREACH_ENDED, story_at(3, 10, 0), story_at(3, 10, 5), 5 * MINUTE);
    month_clear(&story.month);
}

Test(breaches, two_links_at_a_time_break_it_once_as_long)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_broken(&story, story_at(3, 10, 0), "eth1", story_at(3, 10, 0));
    story_broken(&story, story_at(3, 10, 4), "eth2", story_at(3, 10, 4));
    story_restored(&story, story_at(3, 10, 5), "eth1", story_at(3, 10, 0), 5 * MINUTE);
    story_restored(&story, story_at(3, 10, 6), "eth2", story_at(3, 10, 4), 2 * MINUTE);
    story_end(&story);
    cr_expect_eq(breaches()->n, 2);
    cr_expect_eq(spans_total(&breaches()->spans, 0, UINT64_MAX), 6 * MINUTE);
    month_clear(&story.month);
}

Test(breaches, a_clock_that_was_set_back_meanwhile_does_not_change_its_length)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_broken(&story, story_at(3, 10, 0), "eth1", story_at(3, 10, 0));
    story_restored(&story, story_at(3, 9, 30), "eth1", story_at(3, 10, 0), 5 * MINUTE);
    story_end(&story);
    expect(0, BREACH_ENDED, story_at(3, 10, 0), story_at(3, 9, 30), 5 * MINUTE);
    month_clear(&story.month);
}

Test(breaches, one_of_no_length_is_there_all_the_same)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_broken(&story, story_at(3, 10, 0), "eth1", story_at(3, 10, 0));
    story_restored(&story, story_at(3, 10, 0), "eth1", story_at(3, 10, 0), 0);
    story_end(&story);
    cr_expect_eq(breaches()->n, 1);
    month_clear(&story.month);
}

// ---- Over the ends of the month ----------------------------------------------------------------

Test(breaches, one_of_the_month_before_counts_from_the_months_begin)
{
    story_begin(&story);
    uint64_t since = story.month.begin_ns - 3 * HOUR;
    story_boot(&story, since - HOUR);
    story_broken(&story, since, "eth1", since);
    story_broken(&story, story_at(1, 0, 1), "eth1", since); // restated
    story_restored(&story, story_at(1, 2, 0), "eth1", since, 5 * HOUR);
    story_end(&story);
    cr_assert_eq(breaches()->n, 1);
    expect(0, BREACH_ENDED, since, story_at(1, 2, 0), 2 * HOUR);
    cr_expect(breaches()->items[0].earlier);
    cr_expect_str_eq(breaches()->items[0].outcome, "set down");
    month_clear(&story.month);
}

Test(breaches, one_whose_begin_stands_in_no_file_at_hand_is_known_by_its_end)
{
    story_begin(&story);
    uint64_t since = story.month.begin_ns - 3 * HOUR;
    story_boot(&story, since - HOUR);
    story_restored(&story, story_at(1, 2, 0), "eth1", since, 5 * HOUR);
    story_end(&story);
    cr_assert_eq(breaches()->n, 1);
    expect(0, BREACH_ENDED, since, story_at(1, 2, 0), 2 * HOUR);
    cr_expect_str_eq(breaches()->items[0].outcome, "");
    month_clear(&story.month);
}

Test(breaches, what_was_over_before_the_month_is_none_of_it)
{
    story_begin(&story);
    uint64_t since = story.month.begin_ns - 3 * HOUR;
    story_boot(&story, since - HOUR);
    story_broken(&story, since, "eth1", since);
    story_restored(&story, since + HOUR, "eth1", since, HOUR);
    story_tell_two_days(&story);
    story_end(&story);
    cr_expect_eq(breaches()->n, 0);
    cr_expect_eq(breaches()->spans.n, 0);
    month_clear(&story.month);
}

Test(breaches, one_that_the_next_month_ended_counts_up_to_the_months_end)
{
    story_begin(&story);
    story_tell_two_days(&story);
    uint64_t since = story.month.end_ns - HOUR, end = story.month.end_ns + 2 * HOUR;
    story_broken(&story, since, "eth1", since);
    story_restored(&story, end, "eth1", since, 3 * HOUR);
    story_end(&story);
    expect(0, BREACH_CONTINUES, since, story.month.end_ns, HOUR);
    cr_expect_not(breaches()->least, "it is known to have gone on");
    month_clear(&story.month);
}

Test(breaches, one_that_is_seen_in_the_next_month_but_not_its_end_counts_up_to_the_months_end)
{
    story_begin(&story);
    story_tell_two_days(&story);
    uint64_t since = story.month.end_ns - HOUR;
    story_broken(&story, since, "eth1", since);
    story_broken(&story, story.month.end_ns + S, "eth1", since); // restated
    story_end(&story);
    expect(0, BREACH_CONTINUES, since, story.month.end_ns, HOUR);
    month_clear(&story.month);
}

Test(breaches, what_begins_in_the_next_month_is_none_of_this)
{
    story_begin(&story);
    story_tell_two_days(&story);
    uint64_t since = story.month.end_ns + HOUR;
    story_broken(&story, since, "eth1", since);
    story_restored(&story, since + HOUR, "eth1", since, HOUR);
    story_end(&story);
    cr_expect_eq(breaches()->n, 0);
    month_clear(&story.month);
}

Test(breaches, late_rows_in_the_next_months_file_still_count)
{
    story_begin(&story);
    story_tell_two_days(&story);
    uint64_t since = story_at(30, 23, 58);
    story_row(&story, story.month.end_ns + S, FACT_LEDGER_OPENED, "2026-12", "opened",
              "{\"previous_sequence\":9}");
    story_broken(&story, since, "eth1", since);
    story_restored(&story, since + MINUTE, "eth1", since, MINUTE);
    story_end(&story);
    cr_assert_eq(breaches()->n, 1);
    expect(0, BREACH_ENDED, since, since + MINUTE, MINUTE);
    month_clear(&story.month);
}

Test(breaches, while_the_month_lasts_one_without_an_end_is_still_going_on)
{
    story_begin(&story);
    story_install(&story, story_at(2, 9, 0));
    story_broken(&story, story_at(2, 10, 0), "eth1", story_at(2, 10, 0));
    story_row(&story, story_at(2, 10, 45), FACT_LEDGER_SEALED, NULL, "sealed", NULL);
    cr_assert_eq(month_end(&story.month, story_at(2, 10, 50)), 0);
    expect(0, BREACH_OPEN, story_at(2, 10, 0), story_at(2, 10, 45), 45 * MINUTE);
    cr_expect(breaches()->least);
    month_clear(&story.month);
}

Test(breaches, without_any_later_row_its_end_is_not_known_once_the_month_is_over)
{
    story_begin(&story);
    story_install(&story, story_at(2, 9, 0));
    story_broken(&story, story_at(2, 10, 0), "eth1", story_at(2, 10, 0));
    story_row(&story, story_at(2, 10, 45), FACT_LEDGER_SEALED, NULL, "sealed", NULL);
    story_end(&story);
    expect(0, BREACH_UNKNOWN, story_at(2, 10, 0), story_at(2, 10, 45), 45 * MINUTE);
    month_clear(&story.month);
}

// ---- The agent's end ---------------------------------------------------------------------------

// Installed on the 2nd; broken at 10:00, last seen at 10:30.
static void break_and_die(void)
{
    story_begin(&story);
    story_install(&story, story_at(2, 9, 0));
    story_broken(&story, story_at(2, 10, 0), "eth1", story_at(2, 10, 0));
    story_row(&story, story_at(2, 10, 30), FACT_LEDGER_SEALED, NULL, "sealed", NULL);
}

Test(breaches, the_end_of_one_that_outlived_the_agent_is_not_known)
{
    break_and_die();
    story_row(&story, story_at(2, 13, 0), FACT_POLICY_LOADED, NULL, "loaded", NULL);
    story_gap(&story, story_at(2, 13, 0), story_at(2, 10, 30), story_at(2, 13, 0), false);
    story_row(&story, story_at(2, 13, 0), FACT_AGENT_STARTED, NULL, "started", NULL);
    story_stop(&story, story_at(2, 17, 0));
    story_end(&story);
    cr_assert_eq(breaches()->n, 1);
    expect(0, BREACH_UNKNOWN, story_at(2, 10, 0), story_at(2, 10, 30), 30 * MINUTE);
    cr_expect(breaches()->least);
    month_clear(&story.month);
}

Test(breaches, what_the_next_life_finds_is_another_one)
{
    break_and_die();
    story_gap(&story, story_at(2, 13, 0), story_at(2, 10, 30), story_at(2, 13, 0), false);
    story_row(&story, story_at(2, 13, 0), FACT_AGENT_STARTED, NULL, "started", NULL);
    story_broken(&story, story_at(2, 13, 1), "eth1", story_at(2, 13, 1));
    story_restored(&story, story_at(2, 13, 2), "eth1", story_at(2, 13, 1), MINUTE);
    story_end(&story);
    cr_assert_eq(breaches()->n, 2);
    expect(0, BREACH_UNKNOWN, story_at(2, 10, 0), story_at(2, 10, 30), 30 * MINUTE);
    expect(1, BREACH_ENDED, story_at(2, 13, 1), story_at(2, 13, 2), MINUTE);
    month_clear(&story.month);
}

Test(breaches, boots_in_between_are_told_newest_first_and_do_not_make_it_longer)
{
    break_and_die();
    story_boot(&story, story_at(5, 9, 0));
    story_gap(&story, story_at(5, 9, 1), story_at(4, 9, 0), story_at(4, 10, 0), false);
    story_gap(&story, story_at(5, 9, 1), story_at(2, 10, 30), story_at(2, 11, 0), false);
    story_row(&story, story_at(5, 9, 1), FACT_AGENT_STARTED, NULL, "started", NULL);
    story_end(&story);
    expect(0, BREACH_UNKNOWN, story_at(2, 10, 0), story_at(2, 10, 30), 30 * MINUTE);
    month_clear(&story.month);
}

Test(breaches, a_power_cut_leaves_the_end_open_up_to_the_last_row)
{
    break_and_die();
    story_start(&story, story_at(3, 9, 0));
    story_end(&story);
    expect(0, BREACH_UNKNOWN, story_at(2, 10, 0), story_at(2, 10, 30), 30 * MINUTE);
    month_clear(&story.month);
}

Test(breaches, what_people_did_after_the_agents_death_does_not_make_it_longer)
{
    break_and_die();
    story_row(&story, story_at(2, 11, 0), FACT_LOGIN_ENDED, "login", "cut off", NULL);
    story_start(&story, story_at(3, 9, 0));
    story_end(&story);
    expect(0, BREACH_UNKNOWN, story_at(2, 10, 0), story_at(2, 10, 30), 30 * MINUTE);
    month_clear(&story.month);
}

Test(breaches, a_death_at_the_months_end_is_no_proof_that_it_went_on)
{
    break_and_die();
    story_boot(&story, story.month.end_ns + 9 * HOUR);
    story_gap(&story, story.month.end_ns + 10 * HOUR, story_at(2, 10, 30), story_at(2, 11, 0),
              false);
    story_row(&story, story.month.end_ns + 10 * HOUR, FACT_AGENT_STARTED, NULL, "started", NULL);
    story_end(&story);
    expect(0, BREACH_UNKNOWN, story_at(2, 10, 0), story_at(2, 10, 30), 30 * MINUTE);
    month_clear(&story.month);
}

Test(breaches, the_agent_that_stops_in_order_does_not_see_the_end_either)
{
    story_begin(&story);
    story_install(&story, story_at(2, 9, 0));
    story_broken(&story, story_at(2, 10, 0), "eth1", story_at(2, 10, 0));
    story_stop(&story, story_at(2, 11, 0));
    story_start(&story, story_at(3, 9, 0));
    story_end(&story);
    expect(0, BREACH_UNKNOWN, story_at(2, 10, 0), story_at(2, 11, 0), HOUR);
    month_clear(&story.month);
}

// ---- Lost rows ---------------------------------------------------------------------------------

static void lose_rows(void)
{
    CLEANUP_FREE char *details = NULL;
    cr_assert_gt(asprintf(&details,
                          "{\"cause\":\"the ledger could not take rows\",\"lost\":3,\"from_ns\":"
                          "%" PRIu64 ",\"to_ns\":%" PRIu64 "}",
                          story_at(2, 10, 30), story_at(2, 10, 40)),
                 0);
    story_row(&story, story_at(2, 10, 40), FACT_AGENT_GAP, NULL, "recorded", details);
}

Test(breaches, with_rows_lost_the_end_may_be_among_them)
{
    break_and_die();
    lose_rows();
    story_stop(&story, story_at(2, 17, 0));
    story_end(&story);
    expect(0, BREACH_UNKNOWN, story_at(2, 10, 0), story_at(2, 10, 30), 30 * MINUTE);
    month_clear(&story.month);
}

Test(breaches, with_rows_lost_an_end_that_is_told_counts)
{
    break_and_die();
    lose_rows();
    story_restored(&story, story_at(2, 11, 0), "eth1", story_at(2, 10, 0), HOUR);
    story_end(&story);
    expect(0, BREACH_ENDED, story_at(2, 10, 0), story_at(2, 11, 0), HOUR);
    cr_expect_not(breaches()->least);
    month_clear(&story.month);
}

Test(breaches, what_auditing_missed_hides_no_end)
{
    break_and_die();
    story_row(&story, story_at(2, 10, 40), FACT_AGENT_GAP, NULL, "lost",
              "{\"source\":\"audit\",\"lost\":3,\"from_ns\":1,\"to_ns\":2000000000000000000}");
    story_restored(&story, story_at(2, 11, 0), "eth1", story_at(2, 10, 0), HOUR);
    story_end(&story);
    expect(0, BREACH_ENDED, story_at(2, 10, 0), story_at(2, 11, 0), HOUR);
    month_clear(&story.month);
}

Test(breaches, beyond_the_limit_they_are_counted)
{
    story_begin(&story);
    story_install(&story, story_at(2, 9, 0));
    for (uint64_t i = 0; i < BREACHES_MAX + 3; i++) {
        uint64_t since = story_at(2, 10, 0) + 2 * i * NS_PER_MS;
        story_broken(&story, since, "eth1", since);
    }
    story_end(&story);
    cr_expect_eq(breaches()->n, BREACHES_MAX);
    cr_expect_eq(breaches()->unlisted, 3);
    month_clear(&story.month);
}
