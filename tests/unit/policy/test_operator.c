// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/operator.h"

#include "base/moment.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#define DAY_NS (24 * 3600 * NS_PER_S)
#define REST ",\"by\":\"kanri\",\"by_uid\":1000,\"made_ns\":100,\"ended_ns\":0}"
#define HEAD "{\"number\":7,\"login\":\"sato\",\"uid\":1001,\"person\":\"佐藤 花子\""
#define TERM ",\"from_ns\":100,\"until_ns\":200"
#define LISTS                                                                                      \
    ",\"trainings\":[{\"date\":\"2025-06-01\",\"subject\":\"研修\"},{\"date\":\"2026-04-08\"}]," \
    "\"folders\":[\"/srv/tokutei\"]"
#define GOOD HEAD TERM LISTS REST
#define ENDED                                                                                      \
    ",\"by\":\"kanri\",\"by_uid\":1000,\"made_ns\":100,\"ended_ns\":300,\"ended_by\":\"kanri\","   \
    "\"ended_by_uid\":1000,\"reason\":\"異動\"}"

static void in_japan(void)
{
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
}

TestSuite(operator, .init = in_japan);

static void expect_same_again(const char *json)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = NULL;
    CLEANUP_FREE char *again = NULL;
    cr_assert_eq(operator_from_json(json, &entry), 0, "%s", json);
    cr_assert_eq(operator_to_json(entry, &again), 0);
    cr_expect_str_eq(again, json);
}

static void expect_refused(const char *json)
{
    struct operator_entry *entry = NULL;
    cr_expect_eq(operator_from_json(json, &entry), -EBADMSG, "%s", json);
    cr_expect_null(entry);
}

Test(operator, what_was_written_is_read_and_written_again)
{
    expect_same_again(GOOD);
    expect_same_again(HEAD TERM LISTS ENDED);
    expect_same_again(HEAD ",\"from_ns\":0,\"until_ns\":0,\"trainings\":[],\"folders\":[]" REST);
}

Test(operator, what_is_missing_doubled_or_out_of_order_is_refused)
{
    expect_refused("{}");
    expect_refused("[]");
    expect_refused(GOOD " ");
    expect_refused(HEAD TERM REST);
    expect_refused(HEAD ",\"from_ns\":200,\"until_ns\":200" LISTS REST);
    expect_refused(HEAD TERM ",\"trainings\":[{\"date\":\"2026-02-30\"}],\"folders\":[]" REST);
    expect_refused(HEAD TERM ",\"trainings\":[{\"date\":\"2026-04-08\"},{\"date\":\"2025-06-01\"}],"
                             "\"folders\":[]" REST);
    expect_refused(HEAD TERM ",\"trainings\":[],\"folders\":[\"relative\"]" REST);
    expect_refused(HEAD TERM ",\"trainings\":[],\"folders\":[\"/a\",\"/a\"]" REST);
    expect_refused(
        "{\"number\":7,\"login\":\"sa to\",\"uid\":1001,\"person\":\"x\"" TERM LISTS REST);
    expect_refused(
        "{\"number\":7,\"login\":\"sato\",\"uid\":1001,\"person\":\"a\\u001bb\"" TERM LISTS REST);
    expect_refused(
        "{\"number\":7,\"login\":\"sato\",\"uid\":4294967297,\"person\":\"x\"" TERM LISTS REST);
}

// ---- Trainings ---------------------------------------------------------------------------------

static struct operator_entry *trained(const char *date)
{
    struct operator_entry *entry = calloc(1, sizeof *entry);
    cr_assert_not_null(entry);
    if (date)
        cr_assert_eq(operator_add_training(entry, date, NULL), 0);
    return entry;
}

static uint64_t day(const char *date)
{
    uint64_t wall_ns = 0;
    cr_assert_eq(moment_parse(date, &wall_ns), 0, "%s", date);
    return wall_ns;
}

static void expect_due(enum training_every every, const char *last, const char *due)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = trained(last);
    const struct training_policy training = {every, 30 * DAY_NS, true};
    const struct operator_terms terms = operator_terms(entry, &training);
    cr_expect_eq(terms.overdue_ns, day(due), "%s", last);
    cr_expect_eq(terms.untrained_ns, day(due) + 30 * DAY_NS, "%s", last);
}

Test(operator, a_rolling_year_ends_on_the_same_day)
{
    expect_due(TRAINING_YEAR, "2026-04-08", "2027-04-08");
    expect_due(TRAINING_YEAR, "2026-12-31", "2027-12-31");
    expect_due(TRAINING_YEAR, "2028-02-29", "2029-03-01");
}

Test(operator, a_fiscal_year_ends_with_march)
{
    expect_due(TRAINING_FISCAL_YEAR, "2026-04-01", "2027-04-01");
    expect_due(TRAINING_FISCAL_YEAR, "2026-03-31", "2026-04-01");
    expect_due(TRAINING_FISCAL_YEAR, "2026-12-31", "2027-04-01");
    expect_due(TRAINING_FISCAL_YEAR, "2027-01-01", "2027-04-01");
}

Test(operator, only_the_newest_trainings_are_kept_and_in_order)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = trained("2026-04-08");
    char date[] = "2001-04-08";
    cr_assert_eq(operator_add_training(entry, "2025-01-01", "前"), 0);
    cr_expect_str_eq(entry->trainings[0].date, "2025-01-01");
    cr_expect_str_eq(entry->trainings[1].date, "2026-04-08");
    for (int i = 0; i < 2 * OPERATOR_TRAININGS_MAX; i++) {
        memcpy(date, i % 2 ? "2027" : "2028", 4);
        cr_assert_eq(operator_add_training(entry, date, NULL), 0);
    }
    cr_expect_eq(entry->n_trainings, OPERATOR_TRAININGS_MAX);
    cr_expect_str_eq(entry->trainings[OPERATOR_TRAININGS_MAX - 1].date, "2028-04-08");
    cr_expect_eq(operator_add_training(entry, "2026-13-01", NULL), -EINVAL);
    cr_expect_eq(operator_add_training(entry, "today", NULL), -EINVAL);
}

// ---- May they work? ----------------------------------------------------------------------------

static void expect_at(const struct operator_entry *entry, enum training_every every, bool enforce,
                      const char *date, enum operator_standing standing)
{
    const struct training_policy training = {every, 30 * DAY_NS, enforce};
    const struct permit_clock clock = {day(date), day(date)};
    cr_expect_str_eq(operator_standing_to_str(operator_may_work(entry, &training, &clock)),
                     operator_standing_to_str(standing), "%s", date);
}

Test(operator, the_term_is_from_its_first_day_to_its_last)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = trained("2026-04-08");
    entry->from_ns = day("2026-05-01");
    entry->until_ns = day("2026-06-01");
    expect_at(entry, TRAINING_YEAR, true, "2026-04-30", OPERATOR_NOT_YET);
    expect_at(entry, TRAINING_YEAR, true, "2026-05-01", OPERATOR_ALLOWED);
    expect_at(entry, TRAINING_YEAR, true, "2026-05-31", OPERATOR_ALLOWED);
    expect_at(entry, TRAINING_YEAR, true, "2026-06-01", OPERATOR_ENDED);
    entry->until_ns = 0;
    entry->ended_ns = 1;
    expect_at(entry, TRAINING_YEAR, true, "2026-05-01", OPERATOR_ENDED);
}

Test(operator, training_warns_and_then_refuses)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = trained("2026-04-08");
    expect_at(entry, TRAINING_YEAR, true, "2027-04-07", OPERATOR_ALLOWED);
    expect_at(entry, TRAINING_YEAR, true, "2027-04-08", OPERATOR_OVERDUE);
    expect_at(entry, TRAINING_YEAR, true, "2027-05-07", OPERATOR_OVERDUE);
    expect_at(entry, TRAINING_YEAR, true, "2027-05-08", OPERATOR_UNTRAINED);
    expect_at(entry, TRAINING_YEAR, false, "2029-05-08", OPERATOR_OVERDUE);
    expect_at(entry, TRAINING_NONE, true, "2029-05-08", OPERATOR_ALLOWED);
}

Test(operator, without_any_training_nobody_begins)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = trained(NULL);
    expect_at(entry, TRAINING_YEAR, true, "2026-05-01", OPERATOR_UNTRAINED);
    expect_at(entry, TRAINING_YEAR, false, "2026-05-01", OPERATOR_OVERDUE);
    expect_at(entry, TRAINING_NONE, true, "2026-05-01", OPERATOR_ALLOWED);
}

Test(operator, a_doubtful_clock_lets_nobody_in_who_may_be_over)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = trained("2026-04-08");
    const struct training_policy training = {TRAINING_YEAR, 30 * DAY_NS, true};
    const struct permit_clock clock = {day("2026-05-01"), day("2026-07-01")};
    entry->until_ns = day("2026-06-01");
    cr_expect_eq(operator_may_work(entry, &training, &clock), OPERATOR_ENDED);
    entry->until_ns = 0;
    entry->from_ns = day("2026-06-01");
    cr_expect_eq(operator_may_work(entry, &training, &clock), OPERATOR_NOT_YET);
}

Test(operator, folders_are_bounded_and_stand_there_once)
{
    CLEANUP(operator_free_p) struct operator_entry *entry = trained(NULL);
    for (int i = 0; i < OPERATOR_FOLDERS_MAX; i++) {
        CLEANUP_FREE char *folder = text_format("/srv/%d", i);
        cr_assert_eq(operator_add_folder(entry, folder), 0);
        cr_assert_eq(operator_add_folder(entry, folder), 0);
    }
    cr_expect_eq(entry->n_folders, OPERATOR_FOLDERS_MAX);
    cr_expect_eq(operator_add_folder(entry, "/srv/more"), -ENOSPC);
    cr_expect(operator_has_folder(entry, "/srv/3"));
    cr_expect_not(operator_has_folder(entry, "/srv/more"));
}
