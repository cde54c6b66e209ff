// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/summary.h"

#include "base/file.h"
#include "base/text.h"
#include "decision/decision.h"
#include "report/template.h"
#include "story.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

static struct story story;

static void tell(void)
{
    story_begin(&story);
    story_tell_two_days(&story);
    for (int i = 0; i < 7; i++) {
        char identity[32];
        snprintf(identity, sizeof identity, "0951:1666:<%d>", i);
        story_blocked(&story, story_at(3, 10, (unsigned)i), identity, "blocked");
    }
    story_used(&story, story_at(3, 11, 0), "0781:5581:B", "approval:5");
    story_end(&story);
}

static json_object *summarise(enum verify_outcome outcome)
{
    struct officer officer = {.role = (char *)"保護責任者", .name = (char *)"佐藤 花子"};
    struct officer former = {
        .role = (char *)"保護責任者", .name = (char *)"前任 者", .until_ns = story.month.begin_ns};
    struct officer *officers[] = {&officer, &former};
    const struct policy policy = {.site_name = (char *)"株式会社 例 & Co",
                                  .officers = officers,
                                  .n_officers = ELEMENTS(officers)};
    struct verify_fault fault = {.file = (char *)"2026-11.db", .what = (char *)"row 3 was changed"};
    const struct verify_result verified = {.outcome = outcome,
                                           .last = 1204,
                                           .head = {0x9f, 0x3a, 0x77, 0xc0},
                                           .faults = &fault,
                                           .n_faults = outcome == VERIFY_BROKEN};
    const struct summary_sources sources = {.month = &story.month,
                                            .verified = &verified,
                                            .policy = &policy,
                                            .created_ns = story_at(30, 18, 0),
                                            .language = "ja"};
    return summary_make(&sources);
}

static char *render_shipped(const char *name, json_object *document)
{
    CLEANUP_FREE char *template = NULL;
    char path[256], *text = NULL;
    struct template_mistake mistake = {0};
    snprintf(path, sizeof path, SOURCE_DIR "/policy/templates/%s", name);
    cr_assert_eq(file_read_at(AT_FDCWD, path, TEMPLATE_MAX, &template, NULL), 0);
    int r = template_render(template, document, strstr(name, ".csv") ? TEMPLATE_CSV : TEMPLATE_HTML,
                            &text, &mistake);
    cr_assert_eq(r, 0, "%s:%u: %s", name, mistake.line, mistake.what);
    return text;
}

Test(summary, only_officers_of_that_month_are_named)
{
    tell();
    CLEANUP_JSON json_object *document = summarise(VERIFY_OPEN_END);
    json_object *officers = json_get(json_get(document, "site"), "officers");
    cr_assert_eq(json_object_array_length(officers), 1);
    cr_expect_str_eq(json_get_text(json_object_array_get_idx(officers, 0), "name"), "佐藤 花子");
    month_clear(&story.month);
}

Test(summary, the_page_shows_some_devices_and_counts_the_others)
{
    tell();
    CLEANUP_JSON json_object *document = summarise(VERIFY_OPEN_END);
    json_object *blocked = json_get(document, "blocked");
    cr_expect_eq(json_object_array_length(json_get(blocked, "devices")), 7);
    cr_expect_eq(json_object_array_length(json_get(blocked, "shown")), 5);
    cr_expect_eq(json_get_number(blocked, "more"), 2);
    cr_expect_eq(json_get_number(blocked, "plugs"), 7);
    month_clear(&story.month);
}

Test(summary, a_share_that_is_not_whole_is_never_rounded_up_to_100)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_gap(&story, story_at(3, 16, 0), story_at(3, 12, 0), story_at(3, 12, 0) + S, false);
    story_end(&story);
    CLEANUP_JSON json_object *document = summarise(VERIFY_OPEN_END);
    cr_expect_str_eq(json_get_text(json_get(document, "watched"), "percent"), "99.9");
    month_clear(&story.month);
}

Test(summary, the_japanese_page_says_it_all_and_nothing_raw)
{
    tell();
    CLEANUP_JSON json_object *document = summarise(VERIFY_OPEN_END);
    CLEANUP_FREE char *page = render_shipped("report.ja.html", document);
    static const char *const expected[] = {
        "<!DOCTYPE html>",     "令和8年11月分", "株式会社 例 &amp; Co", "保護責任者 佐藤 花子",
        "0951:1666:&lt;0&gt;", "許可なし",      "1204-9f3a-77c0",       "pc-01",
    };
    for (size_t i = 0; i < ELEMENTS(expected); i++)
        cr_expect(strstr(page, expected[i]), "%s", expected[i]);
    cr_expect_null(strstr(page, "{{"));
    cr_expect_null(strstr(page, "0951:1666:<0>"));
    month_clear(&story.month);
}

Test(summary, a_broken_ledger_is_said_on_the_page)
{
    tell();
    CLEANUP_JSON json_object *document = summarise(VERIFY_BROKEN);
    CLEANUP_FREE char *japanese = render_shipped("report.ja.html", document);
    CLEANUP_FREE char *english = render_shipped("report.en.html", document);
    cr_expect(strstr(japanese, "改ざん・破損あり"));
    cr_expect(strstr(japanese, "row 3 was changed"));
    cr_expect(strstr(english, "The ledger does not verify."));
    month_clear(&story.month);
}

Test(summary, each_shipped_form_renders_for_an_empty_month_too)
{
    static const char *const names[] = {"report.ja.html", "report.en.html", "report.ja.csv",
                                        "report.en.csv"};
    story_begin(&story);
    story_end(&story);
    CLEANUP_JSON json_object *document = summarise(VERIFY_OPEN_END);
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        CLEANUP_FREE char *text = render_shipped(names[i], document);
        cr_expect_gt(strlen(text), 200);
    }
    month_clear(&story.month);
}

Test(summary, each_reason_to_block_has_its_words_on_the_page)
{
    static const char *const names[] = {"report.ja.html", "report.en.html"};
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        CLEANUP_FREE char *page = NULL;
        CLEANUP_FREE char *path = text_format(SOURCE_DIR "/policy/templates/%s", names[i]);
        cr_assert_eq(file_read_at(AT_FDCWD, path, TEMPLATE_MAX, &page, NULL), 0);
        for (enum reason r = 0; r < REASON_MAX; r++) {
            if (r == REASON_ROOT_HUB || r == REASON_DEFAULT || r == REASON_NAMED ||
                r == REASON_ACCEPTED) // they let it pass
                continue;
            CLEANUP_FREE char *mark = text_format("{{#reason=%s}}", reason_to_str(r));
            cr_expect_not_null(strstr(page, mark), "%s: no words for %s", names[i],
                               reason_to_str(r));
        }
    }
}
