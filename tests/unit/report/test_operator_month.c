// SPDX-License-Identifier: GPL-3.0-or-later
// Items 4 and 5: who was designated and trained when a month ended, from its rows.
#include "story.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

static struct story story;

static void begin(void)
{
    story_begin(&story);
    story_boot(&story, story_at(2, 8, 0));
}

static void end(void)
{
    month_clear(&story.month);
}

TestSuite(operator_month, .init = begin, .fini = end);

static struct operator_entry *make(const char *login, const char *trained)
{
    struct operator_entry *entry = calloc(1, sizeof *entry);
    cr_assert_not_null(entry);
    entry->login = strdup(login);
    entry->person = strdup(login);
    entry->uid = 1001;
    entry->by = strdup("sato");
    entry->by_uid = 1000;
    entry->made_ns = story_at(2, 9, 0);
    if (trained)
        cr_assert_eq(operator_add_training(entry, trained, NULL), 0);
    return entry;
}

static void put(enum fact_kind kind, const struct operator_entry *entry)
{
    CLEANUP_FREE char *details = NULL;
    cr_assert_eq(operator_to_json(entry, &details), 0);
    story_row(&story, story_at(2, 9, 0), kind, entry->login, "x", details);
}

static void add(const char *login, const char *trained)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = make(login, trained);
    put(FACT_OPERATOR_ADDED, entry);
}

static struct operator_counts count(const struct training_policy *training)
{
    story_end(&story);
    return operator_month_count(&story.month.operators, training, story.month.end_ns - 1);
}

static void expect(struct operator_counts counts, uint64_t designated, uint64_t trained)
{
    cr_expect_eq(counts.designated, designated);
    cr_expect_eq(counts.trained, trained);
}

Test(operator_month, whoever_was_trained_within_a_year_is_trained)
{
    add("ito", "2026-06-01");
    add("sato", "2025-06-01");
    add("kato", NULL);
    expect(count(NULL), 3, 1);
}

Test(operator_month, the_policy_may_ask_for_another_year)
{
    static const struct training_policy fiscal = {.every = TRAINING_FISCAL_YEAR};
    add("ito", "2026-03-01");
    expect(count(&fiscal), 1, 0);
}

Test(operator_month, who_was_removed_is_not_designated)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = make("ito", "2026-06-01");
    put(FACT_OPERATOR_ADDED, entry);
    entry->number = story.sequence;
    entry->ended_ns = story_at(2, 10, 0);
    entry->ended_by = strdup("sato");
    entry->ended_by_uid = 1000;
    put(FACT_OPERATOR_REMOVED, entry);
    expect(count(NULL), 0, 0);
}

Test(operator_month, the_register_states_those_of_older_files)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = make("ito", "2026-06-01");
    CLEANUP_FREE char *json = NULL;
    entry->number = 3;
    cr_assert_eq(operator_to_json(entry, &json), 0);
    CLEANUP_FREE char *details =
        text_format("{\"register\":\"operators\",\"part\":1,\"parts\":1,\"entries\":[%s]}", json);
    story_row(&story, story_at(2, 9, 0), FACT_REGISTER_STATED, "operators", "stated", details);
    expect(count(NULL), 1, 1);
}
