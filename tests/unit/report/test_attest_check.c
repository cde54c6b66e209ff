// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/attest-check.h"

#include "base/json.h"
#include "base/text.h"
#include "policy/clause.h"
#include "report/rooms.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define NOW (UINT64_C(1795000000) * NS_PER_S) // 2026-11-18
#define DAY (24 * 3600 * NS_PER_S)
#define YESTERDAY (NOW - DAY)

static void set_zone(void)
{
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
}

TestSuite(attest_check, .init = set_zone);

// ---- What the agent answers --------------------------------------------------------------------

static json_object *parse(const char *text)
{
    json_object *object = json_parse(text, strlen(text), json_type_array);
    cr_assert_not_null(object, "%s", text);
    return object;
}

struct said {
    const char *clause;
    uint64_t number, from_ns, until_ns, made_ns, ended_ns;
    const char *finding; // NULL: none is named
};

static char *attestation(const struct said *said)
{
    char *text = text_format(
        "{\"number\":%llu,\"register\":\"attestations\",\"clause\":\"%s\",\"statement\":\"so it "
        "is\","
        "\"from_ns\":%llu,\"until_ns\":%llu,\"fields\":{%s%s%s},\"by\":\"sato\","
        "\"by_uid\":1000,\"made_ns\":%llu,\"ended_ns\":%llu%s,\"state\":\"open\"}",
        (unsigned long long)said->number, said->clause, (unsigned long long)said->from_ns,
        (unsigned long long)said->until_ns, said->finding ? "\"finding\":\"" : "",
        said->finding ? said->finding : "", said->finding ? "\"" : "",
        (unsigned long long)said->made_ns, (unsigned long long)said->ended_ns,
        said->ended_ns ? ",\"ended_by\":\"ito\",\"ended_by_uid\":1001" : "");
    cr_assert_not_null(text);
    return text;
}

static json_object *said(struct said what)
{
    what.number = what.number ? what.number : 17;
    what.made_ns = what.made_ns ? what.made_ns : YESTERDAY;
    CLEANUP_FREE char *entry = attestation(&what), *list = text_format("[%s]", entry);
    return parse(list);
}

// An entry of another register, with these fields.
static json_object *entry(const char *name, const char *clause, const char *fields,
                          const char *until, const char *end)
{
    CLEANUP_FREE char *list = text_format(
        "[{\"number\":9,\"register\":\"%s\",\"clause\":\"%s\",\"from_ns\":0,\"until_ns\":%s,"
        "\"fields\":{%s},\"by\":\"sato\",\"by_uid\":1000,\"made_ns\":%llu,%s,\"state\":\"open\"}]",
        name, clause, until, fields, (unsigned long long)YESTERDAY, end);
    return parse(list);
}

#define STILL "\"ended_ns\":0"
#define OVER "\"ended_ns\":1794999999000000000,\"ended_by\":\"ito\",\"ended_by_uid\":1001"

// ---- What is expected --------------------------------------------------------------------------

static void look(const struct check_sources *sources, const char *name, struct check_result *ret)
{
    for (size_t i = 0; i < attest_n_checks; i++)
        if (text_equal(attest_checks[i].name, name)) {
            cr_assert_eq(attest_checks[i].look(&attest_checks[i], sources, ret), 0);
            return;
        }
    cr_assert_fail("there is no check %s", name);
}

static void expect_by(struct check_sources sources, json_object *answer, const char *name,
                      enum finding_value value, const char *evidence)
{
    CLEANUP(check_result_clear) struct check_result result = {0};
    CLEANUP_JSON json_object *none = parse("[]");
    sources.now_ns = NOW;
    sources.records.answer = answer;
    if (!sources.incidents.answer)
        sources.incidents.answer = none;
    look(&sources, name, &result);
    cr_expect_eq(result.value, value, "%s: %s", name, finding_value_to_str(result.value));
    cr_expect(strstr(result.evidence, evidence), "%s: %s", name, result.evidence);
    cr_expect_eq(result.remedy != NULL, value != FINDING_OK, "%s", name);
    json_object_put(answer);
}

static void expect(json_object *answer, const char *name, enum finding_value value,
                   const char *evidence)
{
    expect_by((struct check_sources){.now_ns = NOW}, answer, name, value, evidence);
}

static void expect_none_ok(json_object *answer)
{
    const struct check_sources sources = {.now_ns = NOW,
                                          .records = {.answer = answer, .why = "it is away"}};
    for (size_t i = 0; i < attest_n_checks; i++) {
        CLEANUP(check_result_clear) struct check_result result = {0};
        look(&sources, attest_checks[i].name, &result);
        cr_expect_eq(result.value, FINDING_UNVERIFIED, "%s", attest_checks[i].name);
        cr_expect_not_null(result.remedy);
    }
    json_object_put(answer);
}

// ---- All ---------------------------------------------------------------------------------------

Test(attest_check, there_is_one_for_each_clause_that_is_attested_and_for_no_other)
{
    size_t n = 0;
    for (size_t i = 0; i < clauses_n; i++) {
        if (!(clauses[i].ways & CLAUSE_ATTESTED))
            continue;
        cr_assert_lt(n, attest_n_checks);
        cr_expect_str_eq(attest_checks[n++].clause, clauses[i].name);
    }
    cr_expect_eq(n, attest_n_checks);
    cr_expect_not(check_rooms[CHECK_ATTEST].of_files);
}

Test(attest_check, without_an_answer_none_is_ok)
{
    expect_none_ok(NULL);
}

Test(attest_check, of_empty_registers_none_is_ok)
{
    expect_none_ok(parse("[]"));
}

Test(attest_check, of_an_answer_that_is_no_list_none_is_ok)
{
    const char text[] = "{\"register\":\"attestations\"}";
    expect_none_ok(json_parse(text, strlen(text), json_type_object));
}

Test(attest_check, of_entries_that_are_none_none_is_ok)
{
    expect_none_ok(parse("[1,null,\"x\",{},[],{\"register\":\"attestations\",\"clause\":\"1 (1)\"},"
                         "{\"number\":9,\"register\":\"reviews\",\"clause\":\"3 (4)\","
                         "\"fields\":{\"month\":\"2026-10\"}},"
                         "{\"number\":9,\"register\":\"audits\",\"clause\":\"9\",\"fields\":{}}]"));
}

Test(attest_check, each_is_ok_by_an_attestation_of_its_own_clause_only)
{
    for (size_t i = 0; i < attest_n_checks; i++) {
        const struct check *check = &attest_checks[i];
        if (text_equal(check->clause, "3 (4)") || text_equal(check->clause, "9"))
            continue; // which ask for their registers
        expect(said((struct said){.clause = check->clause}), check->name, FINDING_OK, "so it is");
        expect(said((struct said){.clause = text_equal(check->clause, "8") ? "1 (1)" : "8"}),
               check->name, FINDING_UNVERIFIED, "");
    }
}

// ---- One attestation ---------------------------------------------------------------------------

Test(attest_check, says_who_said_what_and_when)
{
    expect(said((struct said){.clause = "1 (1)"}), "attest.organisation", FINDING_OK,
           "“so it is”, said by sato on 2026-11-17");
}

Test(attest_check, names_the_attestation_as_its_subject)
{
    CLEANUP(check_result_clear) struct check_result result = {0};
    CLEANUP_JSON json_object *answer = said((struct said){.clause = "8"});
    const struct check_sources sources = {.now_ns = NOW, .records = {.answer = answer}};
    look(&sources, "attest.law", &result);
    cr_expect_str_eq(result.subject, "attestation:17");
}

Test(attest_check, a_person_can_also_say_that_it_is_not_so)
{
    expect(said((struct said){.clause = "4 (4)", .finding = "violation"}), "attest.locks",
           FINDING_VIOLATION, "“so it is”, said by sato");
    expect(said((struct said){.clause = "4 (4)", .finding = "ok"}), "attest.locks", FINDING_OK,
           "so it is");
}

Test(attest_check, no_register_outweighs_a_person_who_says_that_it_is_not_so)
{
    for (size_t i = 0; i < attest_n_checks; i++)
        expect(said((struct said){.clause = attest_checks[i].clause, .finding = "violation"}),
               attest_checks[i].name, FINDING_VIOLATION, "said by sato");
}

Test(attest_check, a_person_can_say_that_there_is_no_server)
{
    CLEANUP(check_result_clear) struct check_result result = {0};
    CLEANUP_JSON json_object *answer =
        said((struct said){.clause = "5 (2)", .finding = "not-applicable"});
    const struct check_sources sources = {.now_ns = NOW, .records = {.answer = answer}};
    look(&sources, "attest.server", &result);
    cr_expect_eq(result.value, FINDING_NOT_APPLICABLE);
    cr_expect_null(result.remedy);
}

Test(attest_check, one_that_ends_soon_says_so)
{
    expect(said((struct said){.clause = "8", .until_ns = NOW + 29 * DAY}), "attest.law", FINDING_OK,
           "until 2026-12-17: soon to be renewed");
    CLEANUP(check_result_clear) struct check_result result = {0};
    CLEANUP_JSON json_object *answer =
        said((struct said){.clause = "8", .until_ns = NOW + 31 * DAY});
    const struct check_sources sources = {.now_ns = NOW, .records = {.answer = answer}};
    look(&sources, "attest.law", &result);
    cr_expect_eq(result.value, FINDING_OK);
    cr_expect_null(strstr(result.evidence, "soon"));
}

Test(attest_check, one_that_has_run_out_is_unverified)
{
    expect(said((struct said){.clause = "8", .until_ns = NOW}), "attest.law", FINDING_UNVERIFIED,
           "held until 2026-11-18");
    expect(said((struct said){.clause = "8", .until_ns = NOW + 1}), "attest.law", FINDING_OK, "");
}

Test(attest_check, one_that_was_ended_is_unverified)
{
    expect(said((struct said){.clause = "8", .ended_ns = YESTERDAY + 1}), "attest.law",
           FINDING_UNVERIFIED, "was ended on 2026-11-17");
}

Test(attest_check, one_that_is_still_to_begin_or_was_made_in_the_future_is_unverified)
{
    expect(said((struct said){.clause = "8", .from_ns = NOW + DAY}), "attest.law",
           FINDING_UNVERIFIED, "only from 2026-11-19");
    expect(said((struct said){.clause = "8", .made_ns = NOW + DAY}), "attest.law",
           FINDING_UNVERIFIED, "only from 2026-11-19");
}

Test(attest_check, of_several_one_that_holds_counts)
{
    const struct said whole = {"8", 5, 0, 0, YESTERDAY, 0},
                      ended = {"8", 6, 0, 0, YESTERDAY, YESTERDAY + 1};
    CLEANUP_FREE char *a = attestation(&whole), *b = attestation(&ended);
    CLEANUP_FREE char *list = text_format("[%s,%s]", a, b);
    expect(parse(list), "attest.law", FINDING_OK, "so it is");
}

Test(attest_check, says_how_to_attest_in_words_that_a_shell_takes)
{
    CLEANUP(check_result_clear) struct check_result result = {0};
    CLEANUP_JSON json_object *answer = parse("[]");
    const struct check_sources sources = {.now_ns = NOW, .records = {.answer = answer}};
    look(&sources, "attest.subcontracting", &result);
    cr_expect(strstr(result.remedy, "sekisho attest 5.12 --statement"), "%s", result.remedy);
}

// ---- Officers ----------------------------------------------------------------------------------

static void expect_officers(struct officer *first, struct officer *second, enum finding_value value,
                            const char *evidence)
{
    struct officer *officers[] = {first, second};
    const struct policy policy = {.officers = officers, .n_officers = first ? (second ? 2 : 1) : 0};
    expect_by((struct check_sources){.policy = &policy}, parse("[]"), "attest.officers", value,
              evidence);
}

Test(attest_check, both_officers_are_named_and_in_office)
{
    struct officer chief = {.role = (char *)"総括責任者", .name = (char *)"佐藤"};
    struct officer keeper = {.role = (char *)"保護責任者", .name = (char *)"鈴木"};
    struct officer former = keeper, next = keeper;
    former.until_ns = NOW;
    next.from_ns = NOW + 1;
    expect_officers(&chief, &keeper, FINDING_OK, "総括責任者 佐藤, 保護責任者 鈴木");
    expect_officers(&chief, NULL, FINDING_UNVERIFIED, "one role only");
    expect_officers(&chief, &chief, FINDING_UNVERIFIED, "one role only");
    expect_officers(&chief, &former, FINDING_UNVERIFIED, "one role only");
    expect_officers(&chief, &next, FINDING_UNVERIFIED, "one role only");
    expect_officers(NULL, NULL, FINDING_UNVERIFIED, "names no officers");
    expect(parse("[]"), "attest.officers", FINDING_UNVERIFIED, "no policy");
}

// ---- Registers ---------------------------------------------------------------------------------

static json_object *review(const char *month)
{
    CLEANUP_FREE char *fields =
        text_format("\"month\":\"%s\",\"reviewer\":\"suzuki\",\"head\":\"ABCD\"", month);
    return entry("reviews", "3 (4)", fields, "0", STILL);
}

Test(attest_check, the_month_before_this_one_is_reviewed)
{
    expect(review("2026-10"), "attest.review", FINDING_OK, "2026-10 was reviewed by suzuki");
    expect(review("2026-09"), "attest.review", FINDING_UNVERIFIED, "nobody has reviewed 2026-10");
    expect(review("2026-11"), "attest.review", FINDING_UNVERIFIED, "nobody has reviewed 2026-10");
    expect(said((struct said){.clause = "3 (4)"}), "attest.review", FINDING_UNVERIFIED,
           "nobody has reviewed");
}

Test(attest_check, an_audit_within_a_year_is_on_record)
{
#define AUDIT(date) "\"auditor\":\"x\",\"kind\":\"internal\",\"date\":\"" date "\""
    expect(entry("audits", "9", AUDIT("2025-11-18"), "0", STILL), "attest.audits", FINDING_OK,
           "2025-11-18");
    expect(entry("audits", "9", AUDIT("2025-11-16"), "0", STILL), "attest.audits",
           FINDING_UNVERIFIED, "no audit within twelve months");
    expect(said((struct said){.clause = "9"}), "attest.audits", FINDING_UNVERIFIED, "no audit");
}

Test(attest_check, findings_of_an_audit_stay_open_until_it_is_closed)
{
    expect(entry("audits", "9", AUDIT("2026-11-01") ",\"findings\":\"a door\"", "0", STILL),
           "attest.audits", FINDING_UNVERIFIED, "not closed");
    expect(entry("audits", "9",
                 AUDIT("2026-11-01") ",\"findings\":\"a door\",\"closed\":\"2026-11-02\"", "0",
                 OVER),
           "attest.audits", FINDING_OK, "2026-11-01");
}

#define ASSET "\"item\":\"PC\",\"lender\":\"city\",\"holder\":\"sato\",\"received\":\"2026-04-01\""

Test(attest_check, what_is_lent_is_in_the_register_until_it_is_due)
{
    expect(entry("assets", "5 (5)", ASSET, "0", STILL), "attest.assets", FINDING_OK,
           "1 lent, 0 returned");
    expect(entry("assets", "5 (5)", ASSET, "1794999999000000000", STILL), "attest.assets",
           FINDING_VIOLATION, "1 that were lent are overdue");
    expect(entry("assets", "5 (5)", ASSET ",\"returned\":\"2026-11-01\"", "0", OVER),
           "attest.assets", FINDING_UNVERIFIED, "nobody has attested");
}

Test(attest_check, what_is_not_back_when_the_contract_has_ended_is_a_violation)
{
    const struct policy policy = {.contract_end_ns = NOW};
    expect_by((struct check_sources){.policy = &policy},
              entry("assets", "5 (5)", ASSET, "0", STILL), "attest.assets", FINDING_VIOLATION,
              "the contract has ended");
}

Test(attest_check, visitors_inside_are_counted_and_prove_nothing)
{
#define VISIT "\"visitor\":\"x\",\"purpose\":\"x\",\"entered\":\"2026-11-17T08:00:00Z\""
    expect(entry("visits", "4 (2)", VISIT, "0", STILL), "attest.entries", FINDING_UNVERIFIED,
           "nobody has attested");
    const struct said whole = {"4 (2)", 5, 0, 0, YESTERDAY, 0};
    CLEANUP_FREE char *a = attestation(&whole);
    json_object *both = entry("visits", "4 (2)", VISIT, "0", STILL);
    CLEANUP_FREE char *list = text_format("[%s]", a);
    CLEANUP_JSON json_object *more = parse(list);
    json_object_array_add(both, json_object_get(json_object_array_get_idx(more, 0)));
    expect(both, "attest.entries", FINDING_OK, "visitors inside: 1");
}

// ---- 6 (1) to (3): incidents -------------------------------------------------------------------

static void expect_of_incident(const char *breach, const char *state, const char *reports,
                               const char *clause, const char *name, enum finding_value value,
                               const char *evidence)
{
    CLEANUP_FREE char *text = text_format("[{\"number\":7,\"breach\":\"%s\",\"state\":\"%s\","
                                          "\"reports\":{%s}}]",
                                          breach, state, reports);
    CLEANUP_JSON json_object *incidents = parse(text);
    expect_by((struct check_sources){.incidents.answer = incidents},
              said((struct said){.clause = clause}), name, value, evidence);
}

#define AHEAD "1795000000000000001"
#define LATE "1795000000000000000"
#define DUE(first, final) "\"first\":{\"due_ns\":" first "},\"final\":{\"due_ns\":" final "}"
#define MADE "\"first\":{\"due_ns\":5,\"at_ns\":4},\"final\":{\"due_ns\":" AHEAD "}"

Test(attest_check, an_incident_that_nobody_has_answered_is_unverified)
{
    expect_of_incident("violation", "open", DUE(AHEAD, AHEAD), "6 (1)", "attest.reporting",
                       FINDING_UNVERIFIED, "1 incident is unanswered");
    expect_of_incident("violation", "acknowledged", DUE(AHEAD, AHEAD), "6 (1)", "attest.reporting",
                       FINDING_OK, "so it is");
    expect_of_incident("violation", "closed", DUE(LATE, LATE), "6 (1)", "attest.reporting",
                       FINDING_OK, "so it is");
}

Test(attest_check, a_late_report_to_the_city_is_a_violation)
{
    expect_of_incident("loss", "acknowledged", DUE(LATE, AHEAD), "6 (2)", "attest.incidents",
                       FINDING_VIOLATION, "overdue");
    expect_of_incident("loss", "acknowledged", DUE(AHEAD, AHEAD), "6 (2)", "attest.incidents",
                       FINDING_OK, "so it is");
    expect_of_incident("loss", "acknowledged", MADE, "6 (2)", "attest.incidents", FINDING_OK,
                       "so it is");
    expect_of_incident("violation", "acknowledged", DUE(LATE, AHEAD), "6 (2)", "attest.incidents",
                       FINDING_OK, "so it is");
    expect_of_incident("violation", "acknowledged", DUE(LATE, AHEAD), "6 (3)", "attest.city",
                       FINDING_VIOLATION, "overdue");
    expect_of_incident("loss", "acknowledged", DUE(AHEAD, LATE), "6 (3)", "attest.city",
                       FINDING_VIOLATION, "overdue");
    expect_of_incident("loss", "acknowledged", MADE, "6 (3)", "attest.city", FINDING_OK,
                       "so it is");
}
