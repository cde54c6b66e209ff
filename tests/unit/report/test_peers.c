// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/peers.h"
#include "story.h"

#include <criterion/criterion.h>

static struct story story;

static const struct peers *peers(void)
{
    return &story.month.network.peers;
}

static void attempt(unsigned day, const char *outcome, const char *details)
{
    story_row(&story, story_at(day, 10, 0), FACT_NETWORK_BLOCKED, "x", outcome, details);
}

#define DNS                                                                                        \
    "\"chain\":\"output\",\"source\":\"192.0.2.1\",\"destination\":\"198.51.100.53\","             \
    "\"ethertype\":2048,\"protocol\":17,\"port\":53"

Test(peers, repeats_of_an_attempt_add_up_with_its_first)
{
    story_begin(&story);
    story_tell_two_days(&story);
    attempt(2, "blocked", "{" DNS "}");
    attempt(3, "blocked", "{" DNS ",\"repeats\":41}");
    story_end(&story);
    cr_expect_eq(peers()->stopped, 42);
    cr_expect_eq(peers()->passed, 0);
    cr_assert_eq(peers()->n, 1);
    cr_expect_eq(peers()->items[0].count, 42);
    cr_expect_str_eq(peers()->items[0].address, "198.51.100.53");
    cr_expect_eq(peers()->items[0].first_ns, story_at(2, 10, 0));
    cr_expect_eq(peers()->items[0].last_ns, story_at(3, 10, 0));
    cr_expect_eq(story.month.attempts_by_day[1], 1);
    cr_expect_eq(story.month.attempts_by_day[2], 41);
    month_clear(&story.month);
}

Test(peers, what_was_folded_counts_and_is_not_listed)
{
    story_begin(&story);
    story_tell_two_days(&story);
    attempt(3, "blocked", "{\"folded\":900}");
    story_end(&story);
    cr_expect_eq(peers()->stopped, 900);
    cr_expect_eq(peers()->n, 0);
    cr_expect_eq(peers()->unlisted, 900);
    month_clear(&story.month);
}

Test(peers, what_was_only_observed_is_told_apart)
{
    story_begin(&story);
    story_tell_two_days(&story);
    attempt(3, "observed", "{" DNS "}");
    attempt(3, "blocked", "{" DNS "}");
    story_end(&story);
    cr_expect_eq(peers()->stopped, 1);
    cr_expect_eq(peers()->passed, 1);
    cr_expect_eq(peers()->n, 2);
    month_clear(&story.month);
}

Test(peers, of_what_came_in_the_other_side_is_who_sent_it)
{
    story_begin(&story);
    story_tell_two_days(&story);
    attempt(3, "blocked",
            "{\"chain\":\"input\",\"source\":\"192.0.2.66\",\"destination\":\"192.0.2.1\","
            "\"ethertype\":2048,\"protocol\":6,\"port\":22}");
    story_end(&story);
    cr_assert_eq(peers()->n, 1);
    cr_expect_str_eq(peers()->items[0].address, "192.0.2.66");
    month_clear(&story.month);
}

Test(peers, a_packet_without_an_address_has_none)
{
    story_begin(&story);
    story_tell_two_days(&story);
    attempt(3, "blocked", "{\"chain\":\"egress\",\"ethertype\":2054,\"protocol\":0}");
    attempt(3, "blocked", NULL);
    story_end(&story);
    cr_assert_eq(peers()->n, 2);
    cr_expect_str_eq(peers()->items[0].address, "");
    cr_expect_eq(peers()->stopped, 2);
    month_clear(&story.month);
}

Test(peers, beyond_the_limit_they_are_counted)
{
    story_begin(&story);
    story_tell_two_days(&story);
    for (unsigned i = 0; i < PEERS_MAX + 2; i++) {
        char details[160];
        snprintf(details, sizeof details,
                 "{\"chain\":\"output\",\"destination\":\"10.0.%u.%u\",\"ethertype\":2048}",
                 i / 256, i % 256);
        attempt(3, "blocked", details);
    }
    story_end(&story);
    cr_expect_eq(peers()->n, PEERS_MAX);
    cr_expect_eq(peers()->unlisted, 2);
    cr_expect_eq(peers()->stopped, PEERS_MAX + 2);
    month_clear(&story.month);
}

Test(peers, those_of_another_month_do_not_count)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story.month.begin_ns - S, FACT_NETWORK_BLOCKED, "x", "blocked", "{" DNS "}");
    story_row(&story, story.month.end_ns, FACT_NETWORK_BLOCKED, "x", "blocked", "{" DNS "}");
    story_end(&story);
    cr_expect_eq(peers()->stopped, 0);
    month_clear(&story.month);
}
