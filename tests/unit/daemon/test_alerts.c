// SPDX-License-Identifier: GPL-3.0-or-later
// How violations become alerts, and how answers take them away.
#include "daemon/alerts.h"

#include "base/text.h"

#include <criterion/criterion.h>

#define ALERTS CLEANUP(alerts_free_p) struct alerts *

static struct alerts *make_alerts(void)
{
    struct alerts *alerts = NULL;
    cr_assert_eq(alerts_new(&alerts), 0);
    return alerts;
}

static void note(struct alerts *alerts, uint64_t sequence, const char *object, uint32_t uid)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_USB_BLOCKED);
    cr_assert_eq(text_set(&fact->object, object), 0);
    fact->uid = uid;
    alerts_note(alerts, sequence, fact);
}

static void note_answer(struct alerts *alerts, const char *details)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_INCIDENT_ACKNOWLEDGED);
    cr_assert_eq(text_set(&fact->details, details), 0);
    alerts_note(alerts, 1000, fact);
}

Test(alerts, rows_of_one_kind_object_and_person_are_one)
{
    ALERTS alerts = make_alerts();
    note(alerts, 5, "A", FACT_NO_UID);
    note(alerts, 6, "B", FACT_NO_UID);
    note(alerts, 7, "A", FACT_NO_UID);
    note(alerts, 8, "A", 1000);
    const struct alert *alert = alerts_find(alerts, 5);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->sequence, 7);
    cr_expect_eq(alert->count, 2);
    cr_expect_eq(alerts_at(alerts, 0)->sequence, 6); // by their newest rows
    cr_expect_eq(alerts_at(alerts, 2)->sequence, 8);
    cr_expect_null(alerts_at(alerts, 3));
}

Test(alerts, what_somebody_did_is_told_to_that_person_and_the_machine_s_to_everybody)
{
    ALERTS alerts = make_alerts();
    note(alerts, 5, "A", 1000);
    note(alerts, 6, "A", FACT_NO_UID);
    cr_expect(alert_concerns(alerts_find(alerts, 5), 1000));
    cr_expect_not(alert_concerns(alerts_find(alerts, 5), 1001));
    cr_expect(alert_concerns(alerts_find(alerts, 6), 1001));
}

Test(alerts, what_is_no_violation_is_none)
{
    ALERTS alerts = make_alerts();
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_USB_ALLOWED);
    alerts_note(alerts, 5, fact);
    cr_expect_null(alerts_at(alerts, 0));
    cr_expect_null(alerts_find(alerts, 0));
}

Test(alerts, an_answer_takes_what_it_has_seen_and_no_more)
{
    ALERTS alerts = make_alerts();
    for (uint64_t i = 5; i < 10; i++)
        note(alerts, i, "A", FACT_NO_UID);
    note_answer(alerts, "{\"sequence\":7}");
    const struct alert *alert = alerts_find(alerts, 9);
    cr_expect_not(alert->answered);
    cr_expect_eq(alert->count, 2);
    cr_expect_null(alerts_find(alerts, 7));
    note_answer(alerts, "{\"sequence\":9}");
    cr_expect(alert->answered);
}

Test(alerts, the_next_row_after_an_answer_begins_anew)
{
    ALERTS alerts = make_alerts();
    note(alerts, 5, "A", FACT_NO_UID);
    note_answer(alerts, "{\"sequence\":5}");
    note(alerts, 6, "A", FACT_NO_UID);
    const struct alert *alert = alerts_find(alerts, 6);
    cr_expect_not(alert->answered);
    cr_expect_eq(alert->count, 1);
    cr_expect_null(alerts_find(alerts, 5));
}

Test(alerts, an_answer_that_makes_no_sense_changes_nothing)
{
    const char *const answers[] = {
        "", "[]", "{}", "{\"sequence\":\"5\"}", "{\"sequence\":0}", "{\"sequence\":4}"};
    ALERTS alerts = make_alerts();
    note(alerts, 5, "A", FACT_NO_UID);
    for (size_t i = 0; i < ELEMENTS(answers); i++)
        note_answer(alerts, answers[i]);
    cr_expect_not(alerts_find(alerts, 5)->answered);
}

Test(alerts, a_flood_is_bounded_and_counted)
{
    ALERTS alerts = make_alerts();
    for (uint64_t i = 1; i <= 10000; i++)
        note(alerts, i, "A", FACT_NO_UID);
    cr_expect_eq(alerts_find(alerts, 10000)->count, 10000);
    cr_expect_null(alerts_find(alerts, 10000 - ALERT_MEMBERS_MAX));
    for (uint64_t i = 1; i <= 2 * ALERTS_MAX; i++) {
        CLEANUP_FREE char *object = text_format("%u", (unsigned)i);
        note(alerts, 20000 + i, object, FACT_NO_UID);
    }
    cr_expect_not_null(alerts_at(alerts, ALERTS_MAX - 1));
    cr_expect_null(alerts_at(alerts, ALERTS_MAX));
    cr_expect_null(alerts_find(alerts, 10000)); // the oldest made room
}

Test(alerts, details_without_end_are_left_out)
{
    ALERTS alerts = make_alerts();
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_USB_BLOCKED);
    char details[8001];
    memset(details, 'x', sizeof details - 1);
    details[sizeof details - 1] = '\0';
    cr_assert_eq(text_set(&fact->details, details), 0);
    alerts_note(alerts, 5, fact);
    cr_expect_null(alerts_find(alerts, 5)->fact->details);
}

static void note_request(struct alerts *alerts, uint64_t sequence, enum fact_kind kind,
                         const char *details)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(kind);
    cr_assert_eq(text_set(&fact->details, details), 0);
    fact->uid = 2000; // who decides
    alerts_note(alerts, sequence, fact);
}

Test(alerts, what_becomes_of_a_request_is_one_of_who_has_asked)
{
    ALERTS alerts = make_alerts();
    note_request(alerts, 5, FACT_REQUEST_MADE, "{\"number\":0,\"asker_uid\":1000}");
    note_request(alerts, 6, FACT_REQUEST_MADE, "{\"number\":0,\"asker_uid\":1000}");
    note_request(alerts, 7, FACT_REQUEST_REFUSED, "{\"number\":5,\"asker_uid\":1000}");
    const struct alert *alert = alerts_find(alerts, 7);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->request, 5);
    cr_expect_eq(alert->count, 1);
    cr_expect_null(alerts_find(alerts, 5)); // that it was made is no news any more
    cr_expect(alert_concerns(alert, 1000));
    cr_expect_not(alert_concerns(alert, 2000));
    cr_expect_eq(alerts_find(alerts, 6)->request, 6);
}

Test(alerts, a_keyboard_that_is_accepted_is_none)
{
    ALERTS alerts = make_alerts();
    note_request(alerts, 5, FACT_REQUEST_APPROVED, NULL);
    cr_expect_null(alerts_at(alerts, 0));
}

Test(alerts, what_is_overdue_is_one_of_who_took_it)
{
    ALERTS alerts = make_alerts();
    note_request(alerts, 5, FACT_MEDIUM_OVERDUE, "{}");
    cr_assert_not_null(alerts_find(alerts, 5));
    cr_expect(alert_concerns(alerts_find(alerts, 5), 2000));
};

    // ---- Reminders
    // ---------------------------------------------------------------------------------

#define HOUR (3600 * NS_PER_S)

static void count_told(void *context, const struct alert *alert)
{
    size_t *n = context;
    (*n)++;
    cr_expect_not(alert->answered);
}

static size_t remind(struct alerts *alerts, uint64_t wall_ns, uint64_t monotonic_ns,
                     const char *boot)
{
    struct moment now = {wall_ns, monotonic_ns, ""};
    size_t n = 0;
    text_copy(now.boot, sizeof now.boot, boot);
    alerts_remind(alerts, 24 * HOUR, &now, count_told, &n);
    return n;
}

static struct alerts *told_at(uint64_t wall_ns, uint64_t monotonic_ns)
{
    struct alerts *alerts = make_alerts();
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_USB_BLOCKED);
    fact->at = (struct moment){wall_ns, monotonic_ns, "b"};
    alerts_note(alerts, 5, fact);
    return alerts;
}

Test(alerts, an_unanswered_one_comes_back_after_its_hours_and_again_after_as_many)
{
    ALERTS alerts = told_at(100 * HOUR, 0);
    cr_expect_eq(remind(alerts, 123 * HOUR, 23 * HOUR, "b"), 0);
    cr_expect_eq(remind(alerts, 124 * HOUR, 24 * HOUR, "b"), 1);
    cr_expect_eq(remind(alerts, 125 * HOUR, 25 * HOUR, "b"), 0);
    cr_expect_eq(remind(alerts, 148 * HOUR, 48 * HOUR, "b"), 1);
    cr_expect_eq(alerts_find(alerts, 5)->reminders, 2);
}

Test(alerts, a_clock_that_was_set_back_keeps_none_away)
{
    ALERTS alerts = told_at(100 * HOUR, 0);
    cr_expect_eq(remind(alerts, 10 * HOUR, 24 * HOUR, "b"), 1);
    ALERTS other = told_at(100 * HOUR, 0);
    cr_expect_eq(remind(other, 10 * HOUR, 1 * HOUR, "c"), 0); // another boot: it counts from now
    cr_expect_eq(remind(other, 34 * HOUR, 25 * HOUR, "c"), 1);
}

Test(alerts, an_answered_one_does_not_come_back)
{
    ALERTS alerts = told_at(100 * HOUR, 0);
    note_answer(alerts, "{\"sequence\":5}");
    cr_expect_eq(remind(alerts, 500 * HOUR, 400 * HOUR, "b"), 0);
}
