// SPDX-License-Identifier: GPL-3.0-or-later
// What whoever decides a request is told, that it fits in both languages, and what a press means.
#include "notify/decide.h"

#include "base/i18n.h"
#include "base/moment.h"
#include "base/text.h"
#include "japanese.h"

#include <criterion/criterion.h>
#include <string.h>

// The end is 2026-12-04 in Japan.
#define UNTIL "2026-12-04T00:00:00+09:00"

static struct popup make_popup(const char *outcome)
{
    uint64_t until_ns = 0;
    cr_assert_eq(moment_parse(UNTIL, &until_ns), 0);
    json_object *alert = json_object_new_object(), *details = json_object_new_object();
    json_add_text(alert, "kind", "request.made");
    json_add_text(alert, "outcome", outcome);
    json_add_text(alert, "severity", "notice");
    json_add_number(alert, "request", 417);
    json_add_text(details, "asker", "tanaka");
    json_add_text(details, "subject", "Kingston <b>DataTraveler</b>");
    json_add_text(details, "purpose", "monthly delivery");
    json_add_number(details, "until_ns", until_ns);
    json_add(alert, "details", details);
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    return (struct popup){.alert = alert, .cause = (char *)"x"};
}

static size_t offer(const struct popup *popup, bool has_buttons, bool markup, struct words *words)
{
    CLEANUP(apply_clear) struct apply_offer made = {0};
    size_t n = 0;
    *words = (struct words){strdup("of who has asked"), strdup("of who has asked")};
    cr_assert_eq(decide_offer(popup, has_buttons, markup, words, &made), 0);
    while (n < DESKTOP_BUTTONS_MAX && made.buttons[n].key) {
        cr_expect_leq(words_columns(made.buttons[n].label), 20);
        n++;
    }
    return n;
}

Test(decide, it_says_how_to_decide_until_when_what_for_and_who_asks_for_what)
{
    struct popup popup = make_popup("waiting");
    CLEANUP(words_clear) struct words words = {0};
    cr_expect_eq(offer(&popup, true, true, &words), 2);
    cr_expect_str_eq(words.title, "A request waits for your decision");
    cr_expect_str_eq(words.body, "To decide it: sekisho request approve 417 (or refuse 417)\n"
                                 "Until 2026-12-04 00:00, for: monthly delivery\n"
                                 "tanaka asks for: Kingston &lt;b&gt;DataTraveler&lt;/b&gt;");
    json_object_put(popup.alert);
}

Test(decide, what_is_taken_out_is_told_with_where_to)
{
    struct popup popup = make_popup("waiting");
    CLEANUP(words_clear) struct words words = {0};
    json_add_text(json_get(popup.alert, "details"), "contents", "forms");
    json_add_text(json_get(popup.alert, "details"), "destination", "city hall");
    cr_expect_eq(offer(&popup, false, false, &words), 0);
    cr_expect(strstr(words.body, "\nTaken out: forms, to city hall"));
    json_object_put(popup.alert);
}

Test(decide, why_it_was_not_decided_comes_first)
{
    struct popup popup = make_popup("waiting");
    CLEANUP(words_clear) struct words words = {0};
    popup.trouble = (char *)"Ask <somebody>.";
    cr_expect_eq(offer(&popup, true, true, &words), 2);
    cr_expect_eq(strncmp(words.body, "It is not decided. Ask &lt;somebody&gt;.\n", 41), 0, "%s",
                 words.body);
    json_object_put(popup.alert);
}

Test(decide, a_press_is_a_decision_only_of_what_waits)
{
    struct popup popup = make_popup("waiting"), sent = make_popup("made");
    cr_expect_eq(decide_press(&popup, "approve"), DECIDE_APPROVE);
    cr_expect_eq(decide_press(&popup, "refuse"), DECIDE_REFUSE);
    cr_expect_eq(decide_press(&popup, "acknowledge"), DECIDE_NOTHING);
    cr_expect_eq(decide_press(&sent, "approve"), DECIDE_NOTHING);
    cr_expect_not(decide_is_asked(&sent));
    json_object_object_del(popup.alert, "request");
    cr_expect_eq(decide_press(&popup, "approve"), DECIDE_NOTHING);
    json_object_put(popup.alert);
    json_object_put(sent.alert);
}

Test(decide, nothing_that_an_agent_could_send_breaks_it)
{
    static const char *const documents[] = {
        "{}", "{\"asker\":1,\"subject\":[],\"purpose\":{},\"until_ns\":\"x\"}",
        "{\"contents\":\"\",\"until_ns\":18446744073709551615}"};
    for (size_t i = 0; i < ELEMENTS(documents); i++) {
        struct popup popup = make_popup("waiting");
        CLEANUP(words_clear) struct words words = {0};
        json_add(popup.alert, "details", json_tokener_parse(documents[i]));
        cr_expect_eq(offer(&popup, true, true, &words), 2);
        json_object_put(popup.alert);
    }
}

// ---- That it fits ------------------------------------------------------------------------------

// Numbers and texts as long as they are usually; longer texts are cut, what to do never is.
static void expect_that_it_fits(void)
{
    struct popup popup = make_popup("waiting");
    CLEANUP(words_clear) struct words words = {0};
    json_add_number(popup.alert, "request", UINT64_C(9999999999));
    json_add_text(json_get(popup.alert, "details"), "contents", "帳票");
    (void)offer(&popup, true, false, &words);
    cr_expect_leq(words_columns(words.title), WORDS_TITLE_COLUMNS);
    cr_expect_null(strstr(words.title, "…"), "%s", words.title);
    cr_expect_null(strstr(words.body, "…"), "%s", words.body);
    json_object_put(popup.alert);
}

static void expect_that_a_long_purpose_is_cut(void)
{
    struct popup popup = make_popup("waiting");
    CLEANUP(words_clear) struct words words = {0};
    char purpose[901] = "";
    for (size_t i = 0; i < 300; i++)
        memcpy(purpose + 3 * i, "関", 3);
    json_add_text(json_get(popup.alert, "details"), "purpose", purpose);
    (void)offer(&popup, true, false, &words);
    for (char *line = strtok(words.body, "\n"); line; line = strtok(NULL, "\n"))
        cr_expect_leq(words_columns(line), WORDS_SENTENCE_COLUMNS, "%s", line);
    json_object_put(popup.alert);
}

Test(decide, it_fits_a_pop_up_in_english)
{
    expect_that_it_fits();
    expect_that_a_long_purpose_is_cut();
}

Test(decide, it_fits_a_pop_up_in_japanese)
{
    char folder[] = JAPANESE_FOLDER;
    speak_japanese(folder);
    cr_expect_str_eq(_("A request waits for your decision"), "承認待ちの申請があります");
    expect_that_it_fits();
    expect_that_a_long_purpose_is_cut();
    stop_speaking_japanese(folder);
}
