// SPDX-License-Identifier: GPL-3.0-or-later
// What each check found in a month, from its rows.
#include "story.h"

#include "base/text.h"

#include <criterion/criterion.h>

static struct story story;

static void begin(void)
{
    story_begin(&story);
}

static void end(void)
{
    month_clear(&story.month);
}

TestSuite(checked_month, .init = begin, .fini = end);

#define BEFORE (story.month.begin_ns - 5 * HOUR)

static void find(uint64_t wall_ns, const char *finding)
{
    CLEANUP_FREE char *details = text_format(
        "{\"check\":\"posture.sudo\",\"clause\":\"5 (3)\",\"finding\":\"%s\"}", finding);
    story_row(&story, wall_ns, FACT_POSTURE_FAILED, "posture.sudo", finding, details);
}

static void state(uint64_t wall_ns, const char *finding)
{
    CLEANUP_FREE char *details =
        text_format("{\"register\":\"findings\",\"part\":1,\"parts\":1,\"entries\":[{\"number\":3,"
                    "\"check\":\"posture.sudo\",\"clause\":\"5 (3)\",\"finding\":\"%s\"}]}",
                    finding);
    story_row(&story, wall_ns, FACT_REGISTER_STATED, "findings", "stated", details);
}

static const struct checked *sudo(void)
{
    story_end(&story);
    const struct checked *checked = checked_month_find(&story.month.checked, "posture.sudo");
    cr_assert_not_null(checked);
    return checked;
}

static uint64_t total(const struct checked *checked, enum finding_value value)
{
    return spans_total(&checked->at[value], 0, UINT64_MAX);
}

Test(checked_month, what_was_found_before_holds_from_the_beginning)
{
    story_boot(&story, BEFORE - HOUR);
    find(BEFORE, "violation");
    find(story_at(1, 2, 0), "ok");
    const struct checked *checked = sudo();
    cr_expect_eq(total(checked, FINDING_VIOLATION), 2 * HOUR);
    cr_expect(checked->was[FINDING_VIOLATION]);
    cr_expect_eq(checked->last, FINDING_OK);
    cr_expect_not(checked_is_unseen(checked, &story.month.checked));
}

Test(checked_month, what_ended_before_was_not_in_it)
{
    story_boot(&story, BEFORE - HOUR);
    find(BEFORE, "violation");
    find(BEFORE + HOUR, "ok");
    const struct checked *checked = sudo();
    cr_expect_not(checked->was[FINDING_VIOLATION]);
    cr_expect(checked->was[FINDING_OK]);
}

Test(checked_month, the_register_states_what_older_files_said)
{
    story_boot(&story, story_at(4, 8, 0));
    state(story_at(4, 9, 0), "unverified");
    find(story_at(4, 10, 0), "ok");
    const struct checked *checked = sudo();
    cr_expect_eq(total(checked, FINDING_UNVERIFIED), 3 * 24 * HOUR + 10 * HOUR);
    cr_expect_not(checked_is_unseen(checked, &story.month.checked));
}

Test(checked_month, a_statement_behind_a_row_says_nothing_new)
{
    story_boot(&story, BEFORE - HOUR);
    find(BEFORE, "ok");
    state(story_at(4, 9, 0), "violation");
    const struct checked *checked = sudo();
    cr_expect_not(checked->was[FINDING_VIOLATION]);
}

Test(checked_month, a_violation_of_no_length_was_one)
{
    story_boot(&story, story_at(4, 8, 0));
    find(story_at(4, 9, 0), "violation");
    find(story_at(4, 9, 0), "ok");
    const struct checked *checked = sudo();
    cr_expect(checked->was[FINDING_VIOLATION]);
    cr_expect_eq(total(checked, FINDING_VIOLATION), 0);
}

Test(checked_month, before_the_first_row_nobody_knew)
{
    story_boot(&story, story_at(4, 8, 0));
    find(story_at(4, 9, 0), "ok");
    cr_expect(checked_is_unseen(sudo(), &story.month.checked));
}

Test(checked_month, an_agent_that_has_just_come_has_a_little_time_to_look)
{
    story_install(&story, story_at(4, 9, 0));
    find(story_at(4, 9, 5), "ok");
    cr_expect_not(checked_is_unseen(sudo(), &story.month.checked));
}

Test(checked_month, later_than_that_is_a_time_in_which_nobody_looked)
{
    story_install(&story, story_at(4, 9, 0));
    find(story_at(4, 9, 6), "ok");
    cr_expect(checked_is_unseen(sudo(), &story.month.checked));
}

Test(checked_month, what_nobody_would_have_written_is_no_finding)
{
    static const char *const nonsense[] = {
        "{}", "[]", "{\"check\":1}", "{\"check\":\"a\",\"clause\":\"1\",\"finding\":\"fine\"}",
        "{\"register\":\"findings\",\"entries\":[1,null,{\"check\":\"a\"}]}"};
    story_boot(&story, story_at(4, 8, 0));
    for (size_t i = 0; i < ELEMENTS(nonsense); i++) {
        story_row(&story, story_at(4, 9, 0), FACT_FINDING_CHANGED, "x", "x", nonsense[i]);
        story_row(&story, story_at(4, 9, 0), FACT_REGISTER_STATED, "x", "x", nonsense[i]);
    }
    story_end(&story);
    cr_expect_eq(story.month.checked.n, 0);
}
