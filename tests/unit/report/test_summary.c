// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/summary.h"

#include "base/file.h"
#include "base/text.h"
#include "decision/decision.h"
#include "decision/network.h"
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

static unsigned count_of(const char *text, const char *word)
{
    unsigned n = 0;
    while ((text = strstr(text, word)) != NULL) {
        text += strlen(word);
        n++;
    }
    return n;
}

Test(summary, each_form_has_all_items)
{
    static const char *const names[] = {"report.ja.html", "report.en.html", "report.ja.csv",
                                        "report.en.csv"};
    tell();
    CLEANUP_JSON json_object *document = summarise(VERIFY_OPEN_END);
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        CLEANUP_FREE char *text = render_shipped(names[i], document);
        for (unsigned item = 1; item <= 30; item++) {
            bool is_csv = strstr(names[i], ".csv") != NULL;
            CLEANUP_FREE char *row =
                text_format(is_csv ? "\r\n\"%u\",\"" : "<tr><td class=\"c\">%u</td>", item);
            cr_expect_geq(count_of(text, row), 1, "%s: %u", names[i], item);
        }
    }
    month_clear(&story.month);
}

Test(summary, a_form_that_was_made_for_six_items_goes_on_to_work)
{
    static const char form[] = "{{#findings}}{{item}}:{{key}}:{{value}}:{{count}}{{#remarks}}"
                               "{{.}}{{/remarks}} {{/findings}}";
    CLEANUP_FREE char *text = NULL;
    struct template_mistake mistake = {0};
    tell();
    CLEANUP_JSON json_object *document = summarise(VERIFY_OPEN_END);
    cr_assert_eq(template_render(form, document, TEMPLATE_TEXT, &text, &mistake), 0);
    cr_expect_eq(count_of(text, " "), 6, "%s", text);
    cr_expect(strstr(text, "10:foreign-devices:ok:7"), "%s", text);
    cr_expect(strstr(text, "12:air-gap:ok:0"), "%s", text);
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

Test(summary, the_air_gap_has_a_page_in_each_language)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_broken(&story, story_at(3, 10, 0), "eth<1>", story_at(3, 10, 0));
    story_restored(&story, story_at(3, 10, 5), "eth<1>", story_at(3, 10, 0), 5 * MINUTE);
    story_broken(&story, story_at(3, 16, 0), "wlan0", story_at(3, 16, 0));
    story_start(&story, story_at(4, 9, 0));
    story_row(&story, story_at(4, 10, 0), FACT_NETWORK_BLOCKED, "198.51.100.53", "blocked",
              "{\"chain\":\"output\",\"destination\":\"198.51.100.53\",\"ethertype\":2048,"
              "\"protocol\":17,\"port\":53,\"repeats\":7}");
    story_row(&story, story_at(4, 12, 0), FACT_MODE_CHANGED, "network", "observing",
              "{\"mode\":\"observe\"}");
    story_stop(&story, story_at(4, 13, 0));
    story_end(&story);
    CLEANUP_JSON json_object *document = summarise(VERIFY_OPEN_END);
    CLEANUP_FREE char *japanese = render_shipped("report.ja.html", document);
    CLEANUP_FREE char *english = render_shipped("report.en.html", document);
    static const char *const expected[][2] = {
        {"eth&lt;1&gt;", "eth&lt;1&gt;"},
        {"回線を停止", "set down"},
        {"0 時間 05 分 00 秒", "0 h 05 min 00 s"},
        {"<b>不明</b>（11-03 16:00 までは継続）", "<b>not known</b> (still there at 11-03 16:00)"},
        {"違反 2 件", "2 breaches"},
        {"198.51.100.53", "198.51.100.53"},
        {"遮断せず記録だけをしていた（observe）", "the guard only observed"},
        {"1 時間 00 分 00 秒", "1 h 00 min 00 s"},
    };
    for (size_t i = 0; i < ELEMENTS(expected); i++) {
        cr_expect(strstr(japanese, expected[i][0]), "%s", expected[i][0]);
        cr_expect(strstr(english, expected[i][1]), "%s", expected[i][1]);
    }
    month_clear(&story.month);
}

// Which words the forms must have for what the rows can say.
static void expect_words(const char *key, const char *word)
{
    static const char *const names[] = {"report.ja.html", "report.en.html"};
    CLEANUP_FREE char *mark = text_format("{{#%s=%s}}", key, word);
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        CLEANUP_FREE char *page = NULL;
        CLEANUP_FREE char *path = text_format(SOURCE_DIR "/policy/templates/%s", names[i]);
        cr_assert_eq(file_read_at(AT_FDCWD, path, TEMPLATE_MAX, &page, NULL), 0);
        cr_expect_not_null(strstr(page, mark), "%s: no words for %s", names[i], word);
    }
}

Test(summary, each_cause_end_and_remark_has_its_words_on_the_page)
{
    for (enum network_gap_cause c = 0; c < NETWORK_GAP_CAUSE_MAX; c++)
        expect_words("cause", network_gap_cause_to_str(c));
    for (enum breach_end end = 0; end < BREACH_END_MAX; end++)
        expect_words("end", breach_end_to_str(end));
    for (enum finding_remark remark = 0; remark < REMARK_MAX; remark++)
        expect_words(".", finding_remark_to_str(remark));
    expect_words("reason", link_reason_to_str(LINK_NOT_NAMED));
    expect_words("reason", link_reason_to_str(LINK_DEFAULT_ROUTE));
}

Test(summary, a_day_with_a_breach_is_marked_also_if_nobody_knows_for_how_long)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_broken(&story, story_at(3, 16, 0), "eth1", story_at(3, 16, 0));
    story_start(&story, story_at(4, 9, 0));
    story_end(&story);
    CLEANUP_JSON json_object *document = summarise(VERIFY_OPEN_END);
    json_object *days = json_get(document, "days");
    for (size_t i = 0; i < json_object_array_length(days); i++) {
        json_object *network = json_get(json_object_array_get_idx(days, i), "network");
        cr_expect_eq(json_get_bool(network, "was_broken"), i == 2, "day %zu", i + 1);
    }
    month_clear(&story.month);
}

Test(summary, the_share_of_the_air_gap_is_100_only_if_nothing_is_missing)
{
    story_begin(&story);
    story_tell_two_days(&story);
    story_end(&story);
    CLEANUP_JSON json_object *whole = summarise(VERIFY_OPEN_END);
    cr_expect_str_eq(json_get_text(json_get(whole, "network"), "percent"), "100.0");
    month_clear(&story.month);

    story_begin(&story);
    story_tell_two_days(&story);
    story_row(&story, story_at(3, 17, 0) - S, FACT_MODE_CHANGED, "network", "observing",
              "{\"mode\":\"observe\"}");
    story_end(&story);
    CLEANUP_JSON json_object *less = summarise(VERIFY_OPEN_END);
    cr_expect_str_eq(json_get_text(json_get(less, "network"), "percent"), "99.9");
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
