// SPDX-License-Identifier: GPL-3.0-or-later
// Which violations belong to which incident.
#include "daemon/incident-tally.h"

#include "base/text.h"
#include "fact/cause.h"

#include <criterion/criterion.h>
#include <string.h>

#define TALLY CLEANUP(incident_tally_clear) struct incident_tally

static void violate(struct incident_tally *tally, uint64_t sequence, const char *object,
                    uint32_t uid)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_USB_BLOCKED);
    cr_assert_eq(text_set(&fact->object, object), 0);
    fact->uid = uid;
    fact->at.wall_ns = sequence * 10;
    cr_assert_eq(incident_tally_note(tally, sequence, fact), 0);
}

static const struct tally_cause *find(const struct incident_tally *tally, const char *object,
                                      uint32_t uid)
{
    CLEANUP_FREE char *cause = cause_text(FACT_USB_BLOCKED, uid, object);
    return incident_tally_find(tally, cause);
}

static struct incident *incident_of(const struct tally_cause *item, uint64_t number)
{
    struct incident *incident = calloc(1, sizeof *incident);
    cr_assert_not_null(incident);
    incident->number = number;
    incident->kind = item->kind;
    incident->uid = item->uid;
    incident->severity = SEVERITY_VIOLATION;
    incident->object = strdup(item->object);
    incident->first = item->first;
    incident->last = item->last;
    incident->count = item->count;
    incident->opened = (struct incident_act){1, FACT_NO_UID, NULL};
    return incident;
}

static void put(struct incident_tally *tally, enum fact_kind kind, uint64_t sequence,
                const struct incident *incident)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(kind);
    cr_assert_eq(incident_to_json(incident, &fact->details), 0);
    cr_assert_eq(incident_tally_note(tally, sequence, fact), 0);
}

static void open_it(struct incident_tally *tally, uint64_t number, const char *object)
{
    CLEANUP(incident_free_p)
    struct incident *incident = incident_of(find(tally, object, FACT_NO_UID), 0);
    put(tally, FACT_INCIDENT_OPENED, number, incident);
}

static void close_it(struct incident_tally *tally, uint64_t sequence, uint64_t number)
{
    CLEANUP(incident_free_p)
    struct incident *incident = incident_of(incident_tally_of(tally, number), number);
    incident->closed = (struct incident_act){9, 1, NULL};
    incident->found = strdup("x");
    incident->measure = strdup("y");
    put(tally, FACT_INCIDENT_CLOSED, sequence, incident);
}

Test(incident_tally, a_thousand_rows_of_one_cause_are_one)
{
    TALLY tally = {0};
    for (uint64_t i = 1; i <= 1000; i++)
        violate(&tally, i, "A", FACT_NO_UID);
    cr_assert_eq(tally.n, 1);
    const struct tally_cause *item = find(&tally, "A", FACT_NO_UID);
    cr_expect_eq(item->count, 1000);
    cr_expect_eq(item->first, 1);
    cr_expect_eq(item->last, 1000);
    cr_expect_eq(item->first_ns, 10);
    cr_expect_eq(item->number, 0); // still to be opened
}

Test(incident_tally, another_person_or_object_is_another_cause)
{
    TALLY tally = {0};
    violate(&tally, 1, "A", FACT_NO_UID);
    violate(&tally, 2, "A", 1000);
    violate(&tally, 3, "B", 1000);
    violate(&tally, 4, NULL, 1000);
    cr_expect_eq(tally.n, 4);
}

Test(incident_tally, objects_that_begin_alike_and_are_long_are_told_apart)
{
    TALLY tally = {0};
    char one[5000], other[5000];
    memset(one, 'x', sizeof one - 1);
    one[sizeof one - 1] = '\0';
    memcpy(other, one, sizeof one);
    other[sizeof other - 2] = 'y';
    violate(&tally, 1, one, 1000);
    violate(&tally, 2, other, 1000);
    violate(&tally, 3, one, 1000);
    cr_assert_eq(tally.n, 2);
    cr_expect_eq(find(&tally, one, 1000)->count, 2);
    cr_expect_leq(strlen(find(&tally, one, 1000)->object), CAUSE_OBJECT_MAX);
}

Test(incident_tally, rows_between_a_violation_and_its_incident_are_counted)
{
    TALLY tally = {0};
    violate(&tally, 1, "A", FACT_NO_UID);
    CLEANUP(incident_free_p)
    struct incident *incident = incident_of(find(&tally, "A", FACT_NO_UID), 0);
    violate(&tally, 2, "A", FACT_NO_UID);
    put(&tally, FACT_INCIDENT_OPENED, 3, incident);
    violate(&tally, 4, "A", FACT_NO_UID);
    const struct tally_cause *item = incident_tally_of(&tally, 3);
    cr_assert_not_null(item);
    cr_expect_eq(item->count, 3);
    cr_expect_eq(item->last, 4);
}

Test(incident_tally, a_row_is_never_counted_twice)
{
    TALLY tally = {0};
    violate(&tally, 1, "A", FACT_NO_UID);
    violate(&tally, 2, "A", FACT_NO_UID);
    violate(&tally, 2, "A", FACT_NO_UID);
    cr_expect_eq(find(&tally, "A", FACT_NO_UID)->count, 2);
}

Test(incident_tally, behind_a_closed_one_a_new_one_begins)
{
    TALLY tally = {0};
    violate(&tally, 1, "A", FACT_NO_UID);
    open_it(&tally, 2, "A");
    close_it(&tally, 3, 2);
    cr_expect_eq(tally.n, 0);
    violate(&tally, 4, "A", FACT_NO_UID);
    const struct tally_cause *item = find(&tally, "A", FACT_NO_UID);
    cr_assert_not_null(item);
    cr_expect_eq(item->number, 0);
    cr_expect_eq(item->count, 1);
    cr_expect_eq(item->first, 4);
}

Test(incident_tally, a_row_that_came_while_it_was_closed_is_not_closed_with_it)
{
    TALLY tally = {0};
    violate(&tally, 1, "A", FACT_NO_UID);
    open_it(&tally, 2, "A");
    CLEANUP(incident_free_p)
    struct incident *incident = incident_of(incident_tally_of(&tally, 2), 2);
    incident->closed = (struct incident_act){9, 1, NULL};
    incident->found = strdup("x");
    incident->measure = strdup("y");
    violate(&tally, 3, "A", FACT_NO_UID);
    put(&tally, FACT_INCIDENT_CLOSED, 4, incident);
    const struct tally_cause *item = find(&tally, "A", FACT_NO_UID);
    cr_assert_not_null(item);
    cr_expect_eq(item->number, 0);
    cr_expect_eq(item->count, 1);
    cr_expect_eq(item->first, 3);
}

Test(incident_tally, more_causes_than_there_is_room_for_are_one_together)
{
    TALLY tally = {0};
    uint64_t count = 0;
    for (unsigned i = 1; i <= 300; i++) {
        CLEANUP_FREE char *object = text_format("device %u", i);
        violate(&tally, i, object, FACT_NO_UID);
    }
    cr_assert_eq(tally.n, TALLY_CAUSES_MAX + 1);
    for (size_t i = 0; i < tally.n; i++)
        count += tally.items[i]->count;
    cr_expect_eq(count, 300);
    cr_expect(tally_cause_is_rest(tally.items[TALLY_CAUSES_MAX]));
    cr_expect_eq(tally.items[TALLY_CAUSES_MAX]->count, 300 - TALLY_CAUSES_MAX);
}

Test(incident_tally, what_only_the_register_knows_is_taken_from_it)
{
    TALLY tally = {0};
    struct tally_cause made = {.kind = FACT_USB_BLOCKED,
                               .uid = FACT_NO_UID,
                               .object = (char *)"A",
                               .first = 1,
                               .last = 5,
                               .count = 4};
    CLEANUP(incident_free_p) struct incident *incident = incident_of(&made, 2);
    struct incident *list[] = {incident};
    cr_assert_eq(incident_tally_settle(&tally, list, 1), 0);
    violate(&tally, 9, "A", FACT_NO_UID);
    cr_assert_eq(tally.n, 1);
    cr_expect_eq(tally.items[0]->number, 2);
    cr_expect_eq(tally.items[0]->count, 5);
}

Test(incident_tally, one_that_the_register_lost_is_to_be_opened_again)
{
    TALLY tally = {0};
    violate(&tally, 1, "A", FACT_NO_UID);
    open_it(&tally, 2, "A");
    cr_assert_eq(incident_tally_settle(&tally, NULL, 0), 0);
    cr_expect_eq(find(&tally, "A", FACT_NO_UID)->number, 0);
}

Test(incident_tally, what_people_report_has_no_rows)
{
    TALLY tally = {0};
    struct tally_cause made = {
        .kind = FACT_INCIDENT_OPENED, .uid = FACT_NO_UID, .object = (char *)""};
    CLEANUP(incident_free_p) struct incident *incident = incident_of(&made, 0);
    incident->what = strdup("a lost stick");
    put(&tally, FACT_INCIDENT_OPENED, 3, incident);
    cr_expect_eq(tally.n, 0);
}
