// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/network-month.h"
#include "story.h"

#include <criterion/criterion.h>

static struct story story;

static uint64_t open_time(void)
{
    return spans_total(&story.month.network.open, 0, UINT64_MAX);
}

static void expect(size_t i, enum network_gap_cause cause, uint64_t from_ns, uint64_t to_ns)
{
    cr_assert_lt(i, story.month.network.n_gaps);
    const struct network_gap *gap = &story.month.network.gaps[i];
    cr_expect_eq(gap->cause, cause, "%s", network_gap_cause_to_str(gap->cause));
    cr_expect_eq(gap->span.from_ns, from_ns);
    cr_expect_eq(gap->span.to_ns, to_ns);
}

static void change(uint64_t wall_ns, const char *guard, const char *outcome, const char *details)
{
    story_row(&story, wall_ns, FACT_MODE_CHANGED, guard, outcome, details);
}

Test(network_month, two_ordinary_days_have_no_gap)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_end(&story);
    cr_expect_eq(story.month.network.n_gaps, 0);
    cr_expect_eq(spans_total(&story.month.network.watched.on, 0, UINT64_MAX), 16 * HOUR + 20 * S);
    cr_expect_eq(story.month.network.enforced.mode, MONTH_MODE_ENFORCE);
    month_clear(&story.month);
}

Test(network_month, the_time_in_observe_is_a_gap_while_the_pc_was_on)
{
    story_begin(&story);
    story_install(&story, story_at(2, 9, 0));
    change(story_at(2, 16, 0), "network", "observing", "{\"mode\":\"observe\"}");
    story_stop(&story, story_at(2, 17, 0));
    story_boot(&story, story_at(3, 9, 0) - 20 * S);
    story_row(&story, story_at(3, 9, 0), FACT_AGENT_STARTED, NULL, "started",
              "{\"mode\":\"enforce\",\"modes\":{\"network\":\"observe\"}}");
    change(story_at(3, 10, 0), "network", "trial", "{\"mode\":\"enforce\"}");
    change(story_at(3, 10, 1), "network", "enforced", "{\"mode\":\"enforce\"}");
    story_stop(&story, story_at(3, 17, 0));
    story_end(&story);
    cr_expect_eq(story.month.network.n_gaps, 2);
    expect(0, NETWORK_GAP_OBSERVE, story_at(2, 16, 0), story_at(2, 17, 0));
    expect(1, NETWORK_GAP_OBSERVE, story_at(3, 9, 0), story_at(3, 10, 0));
    cr_expect_eq(story.month.network.enforced.mode, MONTH_MODE_OBSERVE);
    cr_expect_eq(story.month.gate.mode, MONTH_MODE_ENFORCE, "the gate's is another");
    month_clear(&story.month);
}

Test(network_month, the_gates_mode_is_none_of_it)
{
    story_begin(&story);
    story_tell_two_days(&story);
    change(story_at(3, 12, 0), "usb", "observing", "{\"mode\":\"observe\"}");
    story_end(&story);
    cr_expect_eq(story.month.network.n_gaps, 0);
    month_clear(&story.month);
}

Test(network_month, without_a_row_that_tells_the_mode_all_of_it_is_a_gap)
{
    story_begin(&story);
    story_boot(&story, story_at(2, 9, 0) - 20 * S);
    story_row(&story, story_at(2, 9, 0), FACT_AGENT_STARTED, NULL, "started",
              "{\"mode\":\"enforce\"}");
    story_stop(&story, story_at(2, 17, 0));
    story_end(&story);
    expect(0, NETWORK_GAP_MODE_UNKNOWN, story_at(2, 9, 0), story_at(2, 17, 0));
    cr_expect_eq(story.month.network.enforced.mode, MONTH_MODE_UNKNOWN);
    month_clear(&story.month);
}

Test(network_month, what_a_new_file_states_held_before)
{
    story_begin(&story);
    story_boot(&story, story.month.begin_ns - HOUR);
    story_row(&story, story_at(1, 0, 1), FACT_LEDGER_OPENED, STORY_MONTH, "opened",
              "{\"host\":\"pc-01\",\"previous_sequence\":77}");
    change(story_at(1, 0, 1), "usb", "stated", "{\"mode\":\"enforce\"}");
    change(story_at(1, 0, 1), "network", "stated", "{\"mode\":\"enforce\"}");
    story_row(&story, story_at(1, 9, 0), FACT_LEDGER_SEALED, NULL, "sealed", NULL);
    story_end(&story);
    cr_expect_eq(story.month.network.n_gaps, 0);
    cr_expect_eq(story.month.gate.mode, MONTH_MODE_ENFORCE);
    month_clear(&story.month);
}

Test(network_month, a_start_without_the_firewall_is_a_gap_though_the_gate_was_shut)
{
    char details[200];
    story_begin(&story);
    story_tell_two_days(&story);
    story_boot(&story, story_at(4, 9, 0));
    snprintf(details, sizeof details,
             "{\"cause\":\"agent not running\",\"boot\":\"%s\",\"from_ns\":%" PRIu64
             ",\"to_ns\":%" PRIu64 ",\"covered\":true,\"firewall\":false}",
             story.boot, story_at(4, 9, 0), story_at(4, 9, 1));
    story_row(&story, story_at(4, 9, 1), FACT_AGENT_GAP, NULL, "covered", details);
    story_row(&story, story_at(4, 9, 1), FACT_AGENT_STARTED, NULL, "started", NULL);
    story_end(&story);
    cr_expect_eq(story.month.watched.holes.n, 0);
    cr_expect_eq(story.month.network.n_gaps, 1);
    expect(0, NETWORK_GAP_AWAY, story_at(4, 9, 0), story_at(4, 9, 1));
    month_clear(&story.month);
}

Test(network_month, an_agent_that_died_meanwhile_is_a_gap_though_the_firewall_was_loaded)
{
    story_begin(&story);
    story_install(&story, story_at(2, 9, 0));
    story_gap(&story, story_at(2, 13, 0), story_at(2, 12, 59), story_at(2, 13, 0), true);
    story_row(&story, story_at(2, 13, 0), FACT_AGENT_STARTED, NULL, "started", NULL);
    story_stop(&story, story_at(2, 17, 0));
    story_end(&story);
    cr_expect_eq(story.month.watched.holes.n, 0);
    expect(0, NETWORK_GAP_AWAY, story_at(2, 12, 59), story_at(2, 13, 0));
    month_clear(&story.month);
}

Test(network_month, while_nobody_watched_that_is_the_cause_and_not_the_mode)
{
    story_begin(&story);
    story_install(&story, story_at(2, 9, 0));
    change(story_at(2, 10, 0), "network", "observing", "{\"mode\":\"observe\"}");
    story_gap(&story, story_at(2, 13, 0), story_at(2, 11, 0), story_at(2, 13, 0), false);
    story_row(&story, story_at(2, 13, 0), FACT_AGENT_STARTED, NULL, "started",
              "{\"modes\":{\"network\":\"enforce\"}}");
    story_stop(&story, story_at(2, 17, 0));
    story_end(&story);
    cr_expect_eq(story.month.network.n_gaps, 2);
    expect(0, NETWORK_GAP_OBSERVE, story_at(2, 10, 0), story_at(2, 11, 0));
    expect(1, NETWORK_GAP_AWAY, story_at(2, 11, 0), story_at(2, 13, 0));
    cr_expect_eq(open_time(), 3 * HOUR);
    month_clear(&story.month);
}

Test(network_month, what_the_clock_was_set_over_is_a_gap_forward_and_back)
{
    char details[120];
    for (int back = 0; back < 2; back++) {
        story_begin(&story);
        story_tell_two_days(&story);
        snprintf(details, sizeof details, "{\"from_ns\":%" PRIu64 ",\"to_ns\":%" PRIu64 "}",
                 story_at(3, back ? 11 : 10, 0), story_at(3, back ? 10 : 11, 0));
        story_row(&story, story_at(3, 12, 0), FACT_CLOCK_STEPPED, NULL, "stepped", details);
        story_end(&story);
        cr_expect_eq(story.month.network.n_gaps, 1);
        expect(0, NETWORK_GAP_CLOCK, story_at(3, 10, 0), story_at(3, 11, 0));
        month_clear(&story.month);
    }
}

Test(network_month, only_a_change_of_the_firewall_is_counted_as_one)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 10, 0), FACT_AGENT_TAMPERED, "1-2", "restored", NULL);
    story_row(&story, story_at(3, 10, 0), FACT_AGENT_TAMPERED, "firewall", "restored", NULL);
    story_row(&story, story.month.end_ns + S, FACT_AGENT_TAMPERED, "firewall", "restored", NULL);
    story_end(&story);
    cr_expect_eq(story.month.network.tampered, 1);
    month_clear(&story.month);
}
