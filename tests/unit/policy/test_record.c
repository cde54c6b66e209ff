// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/record.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OPEN_END ",\"ended_ns\":0}"
#define BY ",\"by\":\"sato\",\"by_uid\":1000,\"made_ns\":100"
#define ATTESTATION(clause, statement, from, until)                                                \
    "{\"number\":7,\"register\":\"attestations\",\"clause\":\"" clause "\"" statement              \
    ",\"document\":{\"name\":\"規程.pdf\",\"sha256\":\"" HASH                                      \
    "\",\"size\":4096},\"from_ns\":" from ",\"until_ns\":" until ",\"fields\":{}" BY OPEN_END
#define SAID ",\"statement\":\"基本方針を定めた\""
#define GOOD ATTESTATION("1 (1)", SAID, "0", "200")
#define VISIT(fields, end)                                                                         \
    "{\"number\":7,\"register\":\"visits\",\"clause\":\"4 (2)\",\"from_ns\":0,\"until_ns\":0,"     \
    "\"fields\":{" fields "}" BY end
#define VISITOR "\"visitor\":\"山田\",\"purpose\":\"点検\",\"entered\":\"2026-11-26T08:15:00Z\""
#define LEFT ",\"left\":\"2026-11-26T09:15:00Z\""
#define ENDED ",\"ended_ns\":300,\"ended_by\":\"ito\",\"ended_by_uid\":1001}"
#define REVIEW(end)                                                                                \
    "{\"number\":7,\"register\":\"reviews\",\"clause\":\"3 (4)\",\"from_ns\":0,\"until_ns\":0,"    \
    "\"fields\":{\"month\":\"2026-10\",\"reviewer\":\"suzuki\",\"head\":\"ABCD-EFGH\"}" BY end

static struct record *read_record(const char *json)
{
    struct record *record = NULL;
    cr_assert_eq(record_from_json(json, &record), 0, "%s", json);
    return record;
}

static void expect_same_again(const char *json)
{
    CLEANUP(record_free_p) struct record *record = read_record(json);
    CLEANUP_FREE char *again = NULL;
    cr_assert_eq(record_to_json(record, &again), 0);
    cr_expect_str_eq(again, json);
}

static void expect_refused(const char *json)
{
    struct record *record = NULL;
    cr_expect_eq(record_from_json(json, &record), -EBADMSG, "%s", json);
    cr_expect_null(record);
}

// ---- As JSON -----------------------------------------------------------------------------------

Test(record, what_was_written_is_read_and_written_again)
{
    expect_same_again(GOOD);
    expect_same_again(VISIT(VISITOR, OPEN_END));
    expect_same_again(VISIT(VISITOR LEFT, ENDED));
    expect_same_again(REVIEW(OPEN_END));
}

Test(record, anything_else_is_refused)
{
    expect_refused("");
    expect_refused("{}");
    expect_refused("[]");
    expect_refused(GOOD " ");
    expect_refused(ATTESTATION("1 (1)", SAID SAID, "0", "200"));
    expect_refused(ATTESTATION("1 (1)", SAID ",\"more\":1", "0", "200"));
    expect_refused(ATTESTATION("1 (1)", SAID, "0", "\"200\""));
    expect_refused(ATTESTATION("1 (1)", SAID, "0", "-200"));
    expect_refused(VISIT(VISITOR ",\"more\":\"x\"", OPEN_END));
    expect_refused(
        VISIT("\"visitor\":7,\"purpose\":\"x\",\"entered\":\"2026-11-26T08:15:00Z\"", OPEN_END));
}

Test(record, an_attestation_names_a_clause_that_is_attested_and_says_something)
{
    expect_refused(ATTESTATION("1 (9)", SAID, "0", "200"));
    expect_refused(ATTESTATION("1(1)", SAID, "0", "200"));
    expect_refused(ATTESTATION("5 (3)", SAID, "0", "200"));
    expect_refused(ATTESTATION("1 (1)", "", "0", "200"));
    expect_refused(ATTESTATION("1 (1)", ",\"statement\":\"\"", "0", "200"));
    expect_refused(ATTESTATION("1 (1)", ",\"statement\":\"a\\nb\"", "0", "200"));
    expect_refused(ATTESTATION("1 (1)", SAID, "200", "200"));
}

Test(record, a_document_has_the_hash_of_all_its_bytes)
{
    CLEANUP(record_free_p) struct record *record = read_record(GOOD);
    CLEANUP_FREE char *json = NULL;
    record->document.hash[0] = 'E'; // of a hash there is one way to write it
    cr_expect_eq(record_to_json(record, &json), -EINVAL);
    record->document.hash[0] = '\0';
    cr_expect_eq(record_to_json(record, &json), -EINVAL);
}

Test(record, what_is_required_is_there_and_of_its_type)
{
    expect_refused(VISIT("\"visitor\":\"x\",\"entered\":\"2026-11-26T08:15:00Z\"", OPEN_END));
    expect_refused(
        VISIT("\"visitor\":\"x\",\"purpose\":\"x\",\"entered\":\"2026-11-26\"", OPEN_END));
    expect_refused(VISIT("\"visitor\":\"x\",\"purpose\":\"x\",\"entered\":\"2026-02-30T08:15:00Z\"",
                         OPEN_END));
    expect_refused(
        VISIT("\"visitor\":\"x\",\"purpose\":\"\",\"entered\":\"2026-11-26T08:15:00Z\"", OPEN_END));
}

Test(record, an_end_is_whole_or_not_there)
{
    expect_refused(VISIT(VISITOR LEFT, OPEN_END));
    expect_refused(VISIT(VISITOR, ENDED));
    expect_refused(VISIT(VISITOR LEFT, ",\"ended_ns\":300}"));
    expect_refused(VISIT(VISITOR ",\"left\":\"2026-11-26T08:14:59Z\"", ENDED));
    expect_refused(REVIEW(ENDED));
}

Test(record, nobody_said_so_is_refused)
{
    CLEANUP(record_free_p) struct record *record = read_record(GOOD);
    CLEANUP_FREE char *json = NULL;
    free(TAKE_PTR(record->by));
    cr_expect_eq(record_to_json(record, &json), -EINVAL);
}

static const char *fullest(const struct record_field *field, const char *words)
{
    switch (field->type) {
    case RECORD_CHOICE:
        return field->choices[0];
    case RECORD_DATE:
        return "2026-11-26";
    case RECORD_TIME:
        return "2026-11-26T08:15:00Z";
    case RECORD_MONTH:
        return "2026-10";
    case RECORD_WORDS:
    case RECORD_TYPE_MAX:
        break;
    }
    return words;
}

static void fill(struct record *record, const char *words, const char *statement)
{
    const struct record_form *form = record_form_of(record->which);
    cr_assert_eq(text_set(&record->clause, form->clause ? form->clause : "1 (1)"), 0);
    cr_assert_eq(text_set(&record->by, words), 0);
    if (form->takes & RECORD_STATEMENT)
        cr_assert_eq(text_set(&record->statement, statement), 0);
    if (form->takes & RECORD_DOCUMENT) {
        cr_assert_eq(text_set(&record->document.name, words), 0);
        text_copy(record->document.hash, sizeof record->document.hash, HASH);
    }
    for (size_t i = 0; i < form->n_fields; i++)
        cr_assert_eq(text_set(&record->fields[i], fullest(&form->fields[i], words)), 0);
    if (form->ended == FACT_KIND_MAX)
        return;
    record->ended_ns = INT64_MAX;
    cr_assert_eq(text_set(&record->ended_by, words), 0);
}

Test(record, a_hundred_of_the_fullest_fit_into_one_row)
{
    char words[RECORD_TEXT_MAX + 1] = "", statement[RECORD_STATEMENT_MAX + 1] = "";
    memset(words, '"', RECORD_TEXT_MAX); // each is two bytes as JSON
    memset(statement, '"', RECORD_STATEMENT_MAX);
    for (unsigned i = 0; i < RECORD_REGISTER_MAX; i++) {
        struct record *record = calloc(1, sizeof *record);
        CLEANUP_FREE char *json = NULL;
        cr_assert_not_null(record);
        record->which = (enum record_register)i;
        record->number = record->made_ns = INT64_MAX;
        fill(record, words, statement);
        cr_expect_eq(record_to_json(record, &json), 0, "%s", record_form_of(record->which)->name);
        record_free(record);
    }
    cr_expect_leq(100 * RECORD_JSON_MAX, 1 << 20);
}

Test(record, a_text_that_is_too_long_or_not_escaped_is_refused)
{
    CLEANUP(record_free_p) struct record *record = read_record(VISIT(VISITOR, OPEN_END));
    CLEANUP_FREE char *json = NULL;
    char words[RECORD_TEXT_MAX + 2] = "";
    memset(words, 'x', RECORD_TEXT_MAX + 1);
    cr_assert_eq(text_set(&record->fields[0], words), 0);
    cr_expect_eq(record_to_json(record, &json), -EINVAL);
    cr_assert_eq(text_set(&record->fields[0], "a\\b"), 0);
    cr_expect_eq(record_to_json(record, &json), -EINVAL, "a lone backslash is no escaped form");
    cr_assert_eq(text_set(&record->fields[0], "a\\x5cb"), 0);
    cr_expect_eq(record_to_json(record, &json), 0);
}

// ---- Names and states --------------------------------------------------------------------------

Test(record, is_named_by_its_first_field_or_its_clause)
{
    CLEANUP(record_free_p)
    struct record *said = read_record(GOOD), *visit = read_record(VISIT(VISITOR, OPEN_END));
    cr_expect_str_eq(record_name(said), "1 (1)");
    cr_expect_str_eq(record_name(visit), "山田");
}

Test(record, holds_from_when_it_was_made_until_its_end)
{
    CLEANUP(record_free_p) struct record *record = read_record(GOOD);
    cr_expect_eq(record_state_at(record, 99), RECORD_AHEAD, "the clock was set back");
    cr_expect_eq(record_state_at(record, 100), RECORD_OPEN);
    cr_expect_eq(record_state_at(record, 199), RECORD_OPEN);
    cr_expect_eq(record_state_at(record, 200), RECORD_EXPIRED);
    record->from_ns = 150;
    cr_expect_eq(record_state_at(record, 149), RECORD_AHEAD);
    record->ended_ns = 120;
    cr_expect_eq(record_state_at(record, 160), RECORD_ENDED);
}

Test(record, a_review_is_over_once_it_is_signed)
{
    CLEANUP(record_free_p)
    struct record *review = read_record(REVIEW(OPEN_END)),
                  *visit = read_record(VISIT(VISITOR, OPEN_END));
    cr_expect(record_is_over(review));
    cr_expect_not(record_is_over(visit));
}

Test(record, each_register_is_found_by_its_name)
{
    for (unsigned i = 0; i < RECORD_REGISTER_MAX; i++) {
        enum record_register found = RECORD_REGISTER_MAX;
        const struct record_form *form = record_form_of((enum record_register)i);
        cr_expect_eq(record_register_from_str(form->name, &found), 0);
        cr_expect_eq(found, i);
        cr_expect_neq(form->added, FACT_KIND_MAX);
    }
    enum record_register none;
    cr_expect_eq(record_register_from_str("permits", &none), -EINVAL);
    cr_expect_eq(record_register_from_str(NULL, &none), -EINVAL);
}
