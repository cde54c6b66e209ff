// SPDX-License-Identifier: GPL-3.0-or-later
// Incidents: what they are as JSON, when they are answered, and how their days are counted.
#include "policy/incident.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#define INCIDENT CLEANUP(incident_free_p) struct incident *

static void set_zone(void)
{
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
}

TestSuite(incident, .init = set_zone);

static struct incident *make(void)
{
    struct incident *incident = calloc(1, sizeof *incident);
    cr_assert_not_null(incident);
    incident->number = 7;
    incident->kind = FACT_USB_BLOCKED;
    incident->severity = SEVERITY_VIOLATION;
    incident->uid = 1000;
    incident->first = 5;
    incident->last = 6;
    incident->count = 2;
    incident->known_ns = 50;
    incident->opened = (struct incident_act){60, FACT_NO_UID, NULL};
    incident->object = strdup("0951:1666:S1");
    incident->user = strdup("sato");
    cr_assert(incident->object && incident->user);
    return incident;
}

static char *write_json(const struct incident *incident)
{
    char *json = NULL;
    cr_assert_eq(incident_to_json(incident, &json), 0);
    return json;
}

static void add_note(struct incident *incident, const char *text)
{
    incident_add_note(incident, (struct incident_act){9, 1001, strdup("ito")}, strdup(text));
}

static void close_it(struct incident *incident)
{
    incident->closed = (struct incident_act){99, 1001, strdup("ito")};
    incident->found = strdup("a private stick");
    incident->measure = strdup("trained again");
}

// ---- As JSON -----------------------------------------------------------------------------------

Test(incident, what_was_written_is_read_and_written_again)
{
    INCIDENT incident = make();
    INCIDENT read = NULL;
    add_note(incident, "本人に聞いた");
    incident->reports[INCIDENT_FIRST].due_ns = 1000;
    incident->reports[INCIDENT_FIRST].made = (struct incident_act){900, 1001, strdup("ito")};
    incident->reports[INCIDENT_FIRST].reference = strdup("第12号");
    close_it(incident);
    CLEANUP_FREE char *json = write_json(incident);
    cr_assert_eq(incident_from_json(json, &read), 0, "%s", json);
    CLEANUP_FREE char *again = write_json(read);
    cr_expect_str_eq(json, again);
    cr_expect_str_eq(read->notes[0].text, "本人に聞いた");
    cr_expect_str_eq(read->reports[INCIDENT_FIRST].reference, "第12号");
    cr_expect_eq(read->opened.uid, FACT_NO_UID);
    cr_expect_eq(read->kind, FACT_USB_BLOCKED);
}

static void expect_refused(const char *json, int error)
{
    struct incident *incident = NULL;
    cr_expect_eq(incident_from_json(json, &incident), error, "%s", json);
    cr_expect_null(incident);
}

Test(incident, anything_else_is_refused)
{
    INCIDENT incident = make();
    CLEANUP_FREE char *json = write_json(incident), *more = text_format("%s ", json),
                      *doubled = text_format("{\"number\":8,%s", json + 1),
                      *beside = text_format("{\"x\":8,%s", json + 1);
    expect_refused("", -EBADMSG);
    expect_refused("[]", -EBADMSG);
    expect_refused(more, -EBADMSG);
    expect_refused(doubled, -EBADMSG);
    expect_refused(beside, -EBADMSG);
    expect_refused("{\"breach\":\"theft\"}", -EBADMSG);
    expect_refused("{\"sequence\":17,\"count\":1}", -ENOENT); // of an agent that kept none
}

Test(incident, what_is_not_sound_is_not_written)
{
    char *json = NULL;
    INCIDENT closed = make();
    close_it(closed);
    free(TAKE_PTR(closed->measure));
    cr_expect_eq(incident_to_json(closed, &json), -EINVAL);
    INCIDENT control = make();
    cr_assert_eq(text_set(&control->what, "a\nb"), 0);
    cr_expect_eq(incident_to_json(control, &json), -EINVAL);
    INCIDENT turned = make();
    turned->first = turned->last + 1;
    cr_expect_eq(incident_to_json(turned, &json), -EINVAL);
    cr_expect_null(json);
}

Test(incident, a_backslash_is_a_text_like_any_other)
{
    INCIDENT incident = make();
    INCIDENT read = NULL;
    cr_assert_eq(text_set(&incident->what, "C:\\x was \"lost\""), 0);
    CLEANUP_FREE char *json = write_json(incident);
    cr_assert_eq(incident_from_json(json, &read), 0);
    cr_expect_str_eq(read->what, "C:\\x was \"lost\"");
}

Test(incident, the_oldest_notes_make_room_and_are_counted)
{
    INCIDENT incident = make();
    for (unsigned i = 0; i < INCIDENT_NOTES_MAX + 3; i++) {
        CLEANUP_FREE char *text = text_format("note %u", i);
        add_note(incident, text);
    }
    cr_expect_eq(incident->n_notes, INCIDENT_NOTES_MAX);
    cr_expect_eq(incident->notes_gone, 3);
    cr_expect_str_eq(incident->notes[0].text, "note 3");
}

Test(incident, it_never_grows_beyond_its_bytes)
{
    INCIDENT incident = make();
    INCIDENT read = NULL;
    char text[INCIDENT_TEXT_MAX + 1];
    memset(text, '"', INCIDENT_TEXT_MAX); // two bytes each in JSON
    text[INCIDENT_TEXT_MAX] = '\0';
    for (unsigned i = 0; i < INCIDENT_NOTES_MAX; i++)
        add_note(incident, text);
    CLEANUP_FREE char *json = write_json(incident);
    cr_expect_leq(strlen(json), INCIDENT_JSON_MAX);
    cr_assert_eq(incident_from_json(json, &read), 0);
    cr_expect_eq(read->n_notes + read->notes_gone, INCIDENT_NOTES_MAX);
    cr_expect_gt(read->notes_gone, 0);
}

// ---- States ------------------------------------------------------------------------------------

Test(incident, what_comes_after_the_answer_is_unanswered)
{
    INCIDENT incident = make();
    cr_expect_eq(incident_state_of(incident), INCIDENT_OPEN);
    incident->acknowledged = (struct incident_act){70, 1001, strdup("ito")};
    incident->acknowledged_row = 6;
    cr_expect_eq(incident_state_of(incident), INCIDENT_ACKNOWLEDGED);
    incident->last = 8;
    cr_expect_eq(incident_state_of(incident), INCIDENT_OPEN);
    close_it(incident);
    cr_expect_eq(incident_state_of(incident), INCIDENT_CLOSED);
}

Test(incident, what_two_report_in_the_same_words_are_two_causes)
{
    INCIDENT one = make();
    INCIDENT other = make();
    one->kind = other->kind = FACT_INCIDENT_OPENED;
    cr_assert_eq(text_set(&one->what, "lost"), 0);
    cr_assert_eq(text_set(&other->what, "lost"), 0);
    other->number = 8;
    CLEANUP_FREE char *a = incident_cause(one), *b = incident_cause(other);
    cr_expect_str_neq(a, b);
}

// ---- Clocks ------------------------------------------------------------------------------------

static uint64_t at(const char *text)
{
    uint64_t wall_ns;
    cr_assert_eq(moment_parse(text, &wall_ns), 0, "%s", text);
    return wall_ns;
}

static void expect_due(const char *known, unsigned days, const char *first_late)
{
    cr_expect_eq(incident_due_ns(at(known), days), at(first_late), "%s + %u", known, days);
}

Test(incident, the_day_it_became_known_is_the_first_day)
{
    expect_due("2026-11-26 09:00", 3, "2026-11-29");
    expect_due("2026-11-26 00:00", 3, "2026-11-29");
    expect_due("2026-11-26 23:59", 3, "2026-11-29");
    expect_due("2026-11-26 09:00", 1, "2026-11-27");
}

Test(incident, months_are_as_long_as_they_are)
{
    expect_due("2026-04-30 12:00", 3, "2026-05-03");
    expect_due("2026-12-31 12:00", 3, "2027-01-03");
    expect_due("2027-01-30 12:00", 30, "2027-03-01");
    expect_due("2028-01-30 12:00", 30, "2028-02-29"); // which that year has
    expect_due("2028-02-29 12:00", 3, "2028-03-03");
    expect_due("2027-12-31 12:00", 60, "2028-02-29");
}

Test(incident, days_are_left_until_the_last_one_is_over)
{
    uint64_t due_ns = incident_due_ns(at("2026-11-26 09:00"), 3);
    cr_expect_eq(incident_days_left(due_ns, at("2026-11-26 23:59")), 2);
    cr_expect_eq(incident_days_left(due_ns, at("2026-11-28 23:59")), 0);
    cr_expect_eq(incident_days_left(due_ns, at("2026-11-29 00:00")), -1);
    cr_expect_eq(incident_days_left(due_ns, at("2026-12-28 12:00")), -30);
}

Test(incident, a_zone_with_summer_time_cuts_its_own_days)
{
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    expect_due("2026-10-24 12:00", 3, "2026-10-27"); // 25 hours are one day
    cr_expect_eq(incident_days_left(at("2026-10-27"), at("2026-10-24 12:00")), 2);
}

Test(incident, a_report_is_awaited_until_it_is_made_or_all_is_over)
{
    INCIDENT incident = make();
    cr_expect_not(incident_is_awaited(incident, INCIDENT_FIRST)); // without a date
    incident->reports[INCIDENT_FIRST].due_ns = 1000;
    incident->reports[INCIDENT_FINAL].due_ns = 2000;
    cr_expect(incident_is_awaited(incident, INCIDENT_FIRST));
    incident->reports[INCIDENT_FIRST].made.at_ns = 900;
    cr_expect_not(incident_is_awaited(incident, INCIDENT_FIRST));
    cr_expect(incident_is_awaited(incident, INCIDENT_FINAL));
    close_it(incident);
    cr_expect_not(incident_is_awaited(incident, INCIDENT_FINAL));
}
