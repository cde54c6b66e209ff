// SPDX-License-Identifier: GPL-3.0-or-later
// Item 24: the incidents of a month, from its rows.
#include "story.h"

#include "base/text.h"
#include "report/finding.h"

#include <criterion/criterion.h>
#include <string.h>

#define DUE_LATER (story_at(28, 0, 0))

static struct story story;

static void begin(void)
{
    story_begin(&story);
    story_tell_two_days(&story);
}

static void end(void)
{
    month_clear(&story.month);
}

TestSuite(incident_month, .init = begin, .fini = end);

// ---- Rows --------------------------------------------------------------------------------------

static struct incident *make(uint64_t opened_ns)
{
    struct incident *incident = calloc(1, sizeof *incident);
    cr_assert_not_null(incident);
    incident->kind = FACT_AGENT_TAMPERED;
    incident->uid = FACT_NO_UID;
    incident->severity = SEVERITY_VIOLATION;
    incident->object = strdup("S1");
    incident->opened = (struct incident_act){opened_ns, FACT_NO_UID, NULL};
    incident->known_ns = opened_ns;
    incident->reports[INCIDENT_FIRST].due_ns = DUE_LATER;
    return incident;
}

static void put(uint64_t wall_ns, enum fact_kind kind, const struct incident *incident)
{
    CLEANUP_FREE char *details = NULL;
    cr_assert_eq(incident_to_json(incident, &details), 0);
    story_row(&story, wall_ns, kind, "S1", "x", details);
}

static struct incident *open_one(uint64_t wall_ns)
{
    story_row(&story, wall_ns, FACT_AGENT_TAMPERED, "S1", "restored", NULL);
    struct incident *incident = make(wall_ns);
    incident->first = incident->last = story.sequence;
    incident->count = 1;
    put(wall_ns, FACT_INCIDENT_OPENED, incident);
    incident->number = story.sequence;
    return incident;
}

static void acknowledge(struct incident *incident, uint64_t wall_ns)
{
    incident->acknowledged = (struct incident_act){wall_ns, 1001, strdup("ito")};
    incident->acknowledged_row = incident->last;
    put(wall_ns, FACT_INCIDENT_ACKNOWLEDGED, incident);
}

static void close_it(struct incident *incident, uint64_t wall_ns)
{
    incident->closed = (struct incident_act){wall_ns, 1001, strdup("ito")};
    incident->found = strdup("a slip");
    incident->measure = strdup("trained");
    put(wall_ns, FACT_INCIDENT_CLOSED, incident);
}

static void attest(uint64_t wall_ns)
{
    CLEANUP_FREE char *details = text_format(
        "{\"number\":0,\"register\":\"attestations\",\"clause\":\"6 (2)\",\"statement\":\"nothing "
        "else\",\"from_ns\":0,\"until_ns\":0,\"fields\":{},\"by\":\"ito\",\"by_uid\":1001,"
        "\"made_ns\":%llu,\"ended_ns\":0}",
        (unsigned long long)wall_ns);
    story_row(&story, wall_ns, FACT_ATTESTATION_MADE, "6 (2)", "added", details);
}

static struct finding derive(void)
{
    struct verify_result verified = {.outcome = VERIFY_OPEN_END};
    struct finding findings[FINDING_ITEM_MAX];
    story_end(&story);
    finding_derive(&(struct finding_sources){&story.month, &verified, 0}, findings);
    return findings[FINDING_INCIDENTS];
}

// ---- What comes of them ------------------------------------------------------------------------

Test(incident_month, without_any_it_is_ok_only_if_somebody_says_that_there_was_nothing_else)
{
    struct finding finding = derive();
    cr_expect_eq(finding.value, FINDING_UNVERIFIED);
    cr_expect(finding.remarks[REMARK_UNATTESTED]);
    cr_expect_eq(finding.count, 0);
}

Test(incident_month, with_an_attestation_it_is_ok)
{
    attest(story_at(3, 10, 0));
    struct finding finding = derive();
    cr_expect_eq(finding.value, FINDING_OK);
    cr_expect_not(finding.remarks[REMARK_UNATTESTED]);
}

Test(incident_month, one_that_nobody_answered_is_unverified)
{
    CLEANUP(incident_free_p) struct incident *incident = open_one(story_at(3, 10, 0));
    attest(story_at(3, 11, 0));
    incident->reports[INCIDENT_FIRST].due_ns = 0;
    put(story_at(3, 11, 0), FACT_INCIDENT_NOTED, incident);
    struct finding finding = derive();
    cr_expect_eq(finding.value, FINDING_UNVERIFIED);
    cr_expect(finding.remarks[REMARK_UNANSWERED]);
    cr_expect_eq(finding.count, 1);
    cr_expect_eq(story.month.incidents.unanswered, 1);
}

Test(incident_month, rows_of_its_cause_count_and_are_unanswered_again)
{
    CLEANUP(incident_free_p) struct incident *incident = open_one(story_at(3, 10, 0));
    acknowledge(incident, story_at(3, 11, 0));
    story_row(&story, story_at(3, 12, 0), FACT_AGENT_TAMPERED, "S1", "restored", NULL);
    (void)derive();
    cr_assert_eq(story.month.incidents.n, 1);
    cr_expect_eq(story.month.incidents.items[0]->count, 2);
    cr_expect_eq(story.month.incidents.unanswered, 1);
}

Test(incident_month, answered_and_closed_in_time_it_is_ok)
{
    CLEANUP(incident_free_p) struct incident *incident = open_one(story_at(3, 10, 0));
    acknowledge(incident, story_at(3, 11, 0));
    close_it(incident, story_at(3, 12, 0));
    attest(story_at(3, 13, 0));
    struct finding finding = derive();
    cr_expect_eq(finding.value, FINDING_OK);
    cr_expect_eq(story.month.incidents.closed, 1);
    cr_expect_eq(story.month.incidents.open, 0);
}

Test(incident_month, a_report_that_was_not_made_in_time_is_a_violation)
{
    CLEANUP(incident_free_p) struct incident *incident = open_one(story_at(3, 10, 0));
    acknowledge(incident, story_at(3, 11, 0));
    attest(story_at(3, 13, 0));
    struct finding finding = derive(); // long after the 28th
    cr_expect_eq(finding.value, FINDING_VIOLATION);
    cr_expect(finding.remarks[REMARK_LATE_REPORTS]);
    cr_expect_eq(story.month.incidents.late, 1);
}

Test(incident_month, what_was_closed_before_is_not_of_this_month)
{
    CLEANUP(incident_free_p) struct incident *incident = make(story.month.begin_ns - 2 * HOUR);
    put(story.month.begin_ns - 2 * HOUR, FACT_INCIDENT_OPENED, incident);
    incident->number = story.sequence;
    close_it(incident, story.month.begin_ns - HOUR);
    (void)derive();
    cr_expect_eq(story.month.incidents.n, 0);
}

Test(incident_month, what_the_register_states_at_its_beginning_is_still_open)
{
    CLEANUP(incident_free_p) struct incident *incident = make(story.month.begin_ns - 20 * HOUR);
    CLEANUP_FREE char *entry = NULL;
    incident->number = 3;
    cr_assert_eq(incident_to_json(incident, &entry), 0);
    CLEANUP_FREE char *details =
        text_format("{\"register\":\"incidents\",\"part\":1,\"parts\":1,\"entries\":[%s]}", entry);
    story_row(&story, story_at(3, 10, 0), FACT_REGISTER_STATED, "incidents", "stated", details);
    (void)derive();
    cr_expect_eq(story.month.incidents.open, 1);
    cr_expect_eq(story.month.incidents.opened, 0);
}

Test(incident_month, violations_without_any_incident_are_no_proof_of_none)
{
    story_row(&story, story_at(3, 10, 0), FACT_AGENT_TAMPERED, "S1", "restored", NULL);
    attest(story_at(3, 11, 0));
    struct finding finding = derive();
    cr_expect_eq(finding.value, FINDING_UNVERIFIED);
    cr_expect(finding.remarks[REMARK_UNKEPT]);
}
