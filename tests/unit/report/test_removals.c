// SPDX-License-Identifier: GPL-3.0-or-later
// Annexes F and G: what was erased, disposed of and taken out in a month, from its rows and as the
// shipped forms say it.
#include "base/file.h"
#include "base/text.h"
#include "report/summary.h"
#include "report/template.h"
#include "story.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

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

TestSuite(removals, .init = begin, .fini = end);

#define BEFORE (story.month.begin_ns - 3 * 24 * HOUR)

// ---- Rows --------------------------------------------------------------------------------------

static void erase_row(uint64_t wall_ns, enum fact_kind kind, const char *details)
{
    story_row(&story, wall_ns, kind, "/srv/<a>.csv (+1)", "x", details);
}

static uint64_t begin_erasing(uint64_t wall_ns, unsigned files)
{
    CLEANUP_JSON json_object *details = json_object_new_object(), *list = json_object_new_array();
    for (unsigned i = 0; i < files; i++)
        json_object_array_add(list, json_object_new_object());
    json_add_text(details, "reason", "end of the contract");
    json_add(details, "files", json_object_get(list));
    erase_row(wall_ns, FACT_ERASE_BEGUN, json_to_line(details));
    return story.sequence;
}

static void end_erasing(uint64_t wall_ns, uint64_t number, const char *files)
{
    CLEANUP_FREE char *details = text_format(
        "{\"files\":[%s],\"number\":%" PRIu64 ",\"whole\":%" PRIu64 "}", files, number, number);
    erase_row(wall_ns, FACT_ERASE_DONE, details);
}

static struct record *make(enum record_register which, uint64_t made_ns)
{
    struct record *record = calloc(1, sizeof *record);
    cr_assert_not_null(record);
    record->which = which;
    record->clause = strdup(record_form_of(which)->clause);
    record->by = strdup("tanaka");
    record->by_uid = 1002;
    record->made_ns = made_ns;
    return record;
}

static void set(struct record *record, const char *name, const char *value)
{
    int i = record_field_find(record_form_of(record->which), name);
    cr_assert_geq(i, 0, "%s", name);
    cr_assert_eq(text_set(&record->fields[i], value), 0);
}

static void put(uint64_t wall_ns, enum fact_kind kind, const struct record *record)
{
    CLEANUP_FREE char *details = NULL;
    cr_assert_eq(record_to_json(record, &details), 0);
    story_row(&story, wall_ns, kind, "x", "x", details);
}

static struct record *take_out(uint64_t wall_ns, uint64_t until_ns, const char *encryption)
{
    struct record *record = make(RECORD_TAKEOUTS, wall_ns);
    record->until_ns = until_ns;
    set(record, "medium", "USB <3>");
    set(record, "contents", "forms");
    set(record, "destination", "city hall");
    set(record, "carrier", "Tanaka");
    set(record, "encryption", encryption);
    set(record, "request", "41");
    put(wall_ns, FACT_MEDIUM_TAKEN, record);
    record->number = story.sequence;
    return record;
}

static void bring_back(struct record *record, uint64_t wall_ns)
{
    record->ended_ns = wall_ns;
    record->ended_by = strdup("tanaka");
    record->ended_by_uid = 1002;
    set(record, "returned", "2026-11-04");
    put(wall_ns, FACT_MEDIUM_RETURNED, record);
}

static void dispose(uint64_t wall_ns, const char *item)
{
    CLEANUP(record_free_p) struct record *record = make(RECORD_DISPOSALS, wall_ns);
    set(record, "item", item);
    set(record, "identifier", "SN-1");
    set(record, "machine", "other");
    set(record, "method", "destroyed");
    set(record, "by", "a company");
    set(record, "date", "2026-11-03");
    put(wall_ns, FACT_EQUIPMENT_DISPOSED, record);
}

// ---- The month ---------------------------------------------------------------------------------

Test(removals, an_erasure_is_told_by_level_and_what_was_left_is_unfinished)
{
    uint64_t first = begin_erasing(story_at(3, 10, 0), 3);
    end_erasing(story_at(3, 10, 1), first,
                "{\"level\":\"overwritten\",\"gone\":true},{\"error\":\"in use\",\"gone\":false},"
                "{\"level\":\"overwritten\",\"gone\":false}");
    begin_erasing(story_at(3, 11, 0), 2);
    story_row(&story, story_at(3, 12, 0), FACT_FILE_DELETED, "/srv/x", "deleted", NULL);
    story_row(&story, story_at(3, 12, 1), FACT_FILE_DELETED, "/srv/x", "deleted",
              "{\"count\":4,\"of\":9}");
    story_end(&story);
    const struct erasure_month *month = &story.month.erasures;
    cr_assert_eq(month->n, 2);
    cr_expect_eq(month->items[0]->number, first);
    cr_expect_str_eq(month->items[0]->reason, "end of the contract");
    cr_expect_eq(month->items[0]->levels[ERASE_OVERWRITTEN], 1);
    cr_expect_eq(month->items[0]->failed, 2);
    cr_expect_eq(month_erasure_open(month->items[0]), 0);
    cr_expect_eq(month_erasure_open(month->items[1]), 2);
    cr_expect_eq(month->files, 1);
    cr_expect_eq(month->failed, 2);
    cr_expect_eq(month->unfinished, 1);
    cr_expect_eq(month->deletions, 5);
}

Test(removals, rows_of_one_certificate_are_one_entry_and_older_ones_none)
{
    uint64_t old = begin_erasing(BEFORE, 1);
    end_erasing(BEFORE + S, old, "{\"level\":\"unlinked-only\",\"gone\":true}");
    uint64_t first = begin_erasing(story_at(3, 10, 0), 1);
    end_erasing(story_at(3, 10, 1), first, "{\"level\":\"unlinked-only\",\"gone\":true}");
    CLEANUP_FREE char *more = text_format("{\"files\":[{}],\"whole\":%" PRIu64 "}", first);
    erase_row(story_at(3, 10, 2), FACT_ERASE_BEGUN, more);
    end_erasing(story_at(3, 10, 3), first, "{\"level\":\"encrypted-at-rest\"}");
    story_end(&story);
    const struct erasure_month *month = &story.month.erasures;
    cr_assert_eq(month->n, 1);
    cr_expect_eq(month->items[0]->begun, 2);
    cr_expect_eq(month->items[0]->levels[ERASE_UNLINKED], 1);
    cr_expect_eq(month->items[0]->levels[ERASE_ENCRYPTED], 1);
    cr_expect_eq(month->unfinished, 0);
}

Test(removals, what_is_out_back_and_overdue_is_told_apart)
{
    CLEANUP(record_free_p) struct record *back = take_out(BEFORE, story_at(9, 0, 0), "luks");
    CLEANUP(record_free_p)
    struct record *late = take_out(story_at(3, 10, 0), story_at(9, 0, 0), "stated-none");
    CLEANUP(record_free_p)
    struct record *out =
        take_out(story_at(3, 11, 0), story.month.end_ns + 24 * HOUR, "stated-encrypted");
    CLEANUP(record_free_p) struct record *over = take_out(BEFORE, story_at(9, 0, 0), "luks");
    bring_back(over, BEFORE + HOUR);
    bring_back(back, story_at(3, 12, 0));
    story_end(&story);
    const struct takeout_month *month = &story.month.takeouts;
    cr_assert_eq(month->records.n, 3);
    cr_expect_eq(month->taken, 2);
    cr_expect_eq(month->returned, 1);
    cr_expect_eq(month->open, 2);
    cr_expect_eq(month->overdue, 1);
    cr_expect_eq(month->plain, 1);
    cr_expect_null(takeout_month_approval(month, late));
    (void)out;
}

Test(removals, a_month_alone_knows_older_ones_by_what_the_registers_state)
{
    CLEANUP(record_free_p)
    struct record *record = make(RECORD_TAKEOUTS, story.month.begin_ns - HOUR);
    record->number = 7;
    record->until_ns = story_at(9, 0, 0);
    for (size_t i = 0; i < 5; i++)
        set(record,
            (const char *const[]){"medium", "contents", "destination", "carrier", "request"}[i],
            "8");
    set(record, "encryption", "luks");
    CLEANUP_FREE char *entry = NULL;
    cr_assert_eq(record_to_json(record, &entry), 0);
    CLEANUP_FREE char *takeouts =
        text_format("{\"register\":\"takeouts\",\"entries\":[%s]}", entry);
    story_row(&story, story_at(3, 9, 30), FACT_REGISTER_STATED, "takeouts", "stated", takeouts);
    story_row(&story, story_at(3, 9, 31), FACT_REGISTER_STATED, "requests", "stated",
              "{\"register\":\"requests\",\"entries\":[{\"number\":8,\"what\":\"take-out\","
              "\"state\":\"approved\",\"decider\":\"sato\",\"self_approval\":true}]}");
    story_end(&story);
    const struct takeout_month *month = &story.month.takeouts;
    cr_assert_eq(month->records.n, 1);
    const struct takeout_approval *approval =
        takeout_month_approval(month, month->records.items[0]);
    cr_assert_not_null(approval);
    cr_expect_str_eq(approval->approver, "sato");
    cr_expect(approval->self);
    cr_expect_eq(month->taken, 0);
}

Test(removals, a_row_that_is_no_entry_is_none)
{
    static const char *const nonsense[] = {"{}",
                                           "[]",
                                           "{\"files\":3}",
                                           "{\"register\":\"takeouts\",\"entries\":{}}",
                                           "{\"register\":\"disposals\",\"number\":1}",
                                           "{\"files\":[1],\"whole\":-1}"};
    static const enum fact_kind kinds[] = {
        FACT_MEDIUM_TAKEN,       FACT_MEDIUM_RETURNED, FACT_ERASE_BEGUN,     FACT_ERASE_DONE,
        FACT_EQUIPMENT_DISPOSED, FACT_REGISTER_STATED, FACT_REQUEST_APPROVED};
    for (size_t i = 0; i < ELEMENTS(nonsense); i++)
        for (size_t k = 0; k < ELEMENTS(kinds); k++)
            story_row(&story, story_at(3, 10, 0), kinds[k], "x", "x", nonsense[i]);
    story_end(&story);
    cr_expect_eq(story.month.takeouts.records.n, 0);
    cr_expect_eq(story.month.records[RECORD_DISPOSALS].n, 0);
    cr_expect_eq(story.month.erasures.files, 0);
}

// ---- The forms ---------------------------------------------------------------------------------

static char *read_form(const char *name)
{
    CLEANUP_FREE char *path = text_format(SOURCE_DIR "/policy/templates/%s", name);
    char *form = NULL;
    cr_assert_eq(file_read_at(AT_FDCWD, path, TEMPLATE_MAX, &form, NULL), 0);
    return form;
}

static char *render(const char *name)
{
    const struct verify_result verified = {.outcome = VERIFY_OPEN_END};
    const struct summary_sources sources = {
        .month = &story.month, .verified = &verified, .created_ns = 1, .language = "ja"};
    CLEANUP_JSON json_object *document = summary_make(&sources);
    CLEANUP_FREE char *form = read_form(name);
    struct template_mistake mistake = {0};
    char *text = NULL;
    int r = template_render(form, document, strstr(name, ".csv") ? TEMPLATE_CSV : TEMPLATE_HTML,
                            &text, &mistake);
    cr_assert_eq(r, 0, "%s:%u: %s", name, mistake.line, mistake.what);
    return text;
}

static void tell_all(void)
{
    uint64_t number = begin_erasing(story_at(3, 10, 0), 2);
    end_erasing(story_at(3, 10, 1), number, "{\"level\":\"unlinked-only\",\"gone\":true}");
    dispose(story_at(3, 10, 2), "disk <1>");
    CLEANUP(record_free_p)
    struct record *late = take_out(story_at(3, 10, 3), story_at(9, 0, 0), "none");
    story_end(&story);
}

Test(removals, the_annexes_say_it_in_each_language_as_a_page_and_as_csv)
{
    static const struct {
        const char *form, *words[9];
    } expected[] = {
        {"report.ja.html",
         {"別紙 F", "別紙 G", "/srv/&lt;a&gt;.csv (+1)", "削除のみ（復元の可能性あり） 1 個",
          "<b>中断（結果の記録なし）</b> 1 個", "物理的破壊", "disk &lt;1&gt;", "<b>期限超過</b>",
          "<b>暗号化なし</b>"}},
        {"report.en.html",
         {"annex F", "annex G", "/srv/&lt;a&gt;.csv (+1)", "<b>deleted only</b>: 1",
          "<b>unfinished, no end was recorded</b>: 1", "destroyed", "disk &lt;1&gt;",
          "<b>overdue</b>", "<b>not encrypted</b>"}},
        {"report.ja.csv",
         {"証明書番号", "廃棄番号", "持出番号", "/srv/<a>.csv (+1)",
          "削除のみ（復元の可能性あり） 1", "\"物理的破壊\"", "\"期限超過\"", "\"暗号化なし\"",
          "\"USB <3>\""}},
        {"report.en.csv",
         {"certificate", "disposal", "take-out", "/srv/<a>.csv (+1)", "deleted only 1",
          "\"destroyed\"", "\"overdue\"", "\"not encrypted\"", "\"USB <3>\""}},
    };
    tell_all();
    for (size_t i = 0; i < ELEMENTS(expected); i++) {
        CLEANUP_FREE char *text = render(expected[i].form);
        for (size_t k = 0; k < ELEMENTS(expected[i].words); k++)
            cr_expect(strstr(text, expected[i].words[k]), "%s: %s", expected[i].form,
                      expected[i].words[k]);
        cr_expect_null(strstr(text, "{{"));
    }
}

static void expect_words(const char *key, const char *word)
{
    static const char *const forms[] = {"report.ja.html", "report.en.html", "report.ja.csv",
                                        "report.en.csv"};
    CLEANUP_FREE char *mark = text_format("{{#%s=%s}}", key, word);
    for (size_t i = 0; i < ELEMENTS(forms); i++) {
        CLEANUP_FREE char *form = read_form(forms[i]);
        cr_expect_not_null(strstr(form, mark), "%s: no words for %s", forms[i], word);
    }
}

static void expect_words_for(enum record_register which, const char *name)
{
    const struct record_form *form = record_form_of(which);
    const char *const *choices = form->fields[record_field_find(form, name)].choices;
    for (; *choices; choices++)
        expect_words(name, *choices);
}

Test(removals, each_level_method_and_encryption_has_its_words)
{
    for (enum erase_level level = 0; level < ERASE_LEVEL_MAX; level++)
        expect_words("level", erase_level_to_str(level));
    expect_words_for(RECORD_DISPOSALS, "method");
    expect_words_for(RECORD_TAKEOUTS, "encryption");
}
