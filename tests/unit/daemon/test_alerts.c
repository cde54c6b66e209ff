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
}
