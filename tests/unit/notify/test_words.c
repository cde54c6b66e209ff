// SPDX-License-Identifier: GPL-3.0-or-later
// What pop-ups say: that it fits, in both languages, and that nothing from outside is markup.
#include "notify/words.h"

#include "base/i18n.h"
#include "base/text.h"
#include "fact/fact.h"
#include "japanese.h"

#include <criterion/criterion.h>
#include <string.h>

#define WORDS CLEANUP(words_clear) struct words

static json_object *alert(const char *kind, const char *outcome)
{
    json_object *object = json_object_new_object(), *details = json_object_new_object();
    json_add_text(object, "cause", "x");
    json_add_text(object, "kind", kind);
    json_add_text(object, "severity", "violation");
    json_add_text(object, "object", "0951:1666:<A&B>");
    json_add_text(object, "outcome", outcome);
    json_add_number(object, "sequence", 417);
    json_add_number(object, "count", 37);
    json_add_text(details, "name", "Data\x1b[31mTraveler");
    json_add_text(details, "function", "storage");
    json_add_text(details, "reason", "no-approval");
    json_add(object, "details", details);
    return object;
}

static void add_officer(json_object *object, const char *role, const char *name, const char *phone)
{
    json_object *list = json_object_new_array(), *officer = json_object_new_object();
    json_add_text(officer, "role", role);
    json_add_text(officer, "name", name);
    json_add_text(officer, "phone", phone);
    json_object_array_add(list, officer);
    json_add(object, "officers", list);
}

Test(words, it_says_what_to_do_whom_to_call_what_happened_and_how_often)
{
    WORDS words = {0};
    CLEANUP_JSON json_object *object = alert("usb.blocked", "blocked");
    add_officer(object, "Officer", "Suzuki", "03-1234-5678");
    cr_assert_eq(words_make(object, false, false, &words), 0);
    cr_expect_str_eq(words.title, "A USB device was blocked");
    cr_expect_str_eq(
        words.body,
        "Please unplug it. If you need it for your work, ask the officer first.\n"
        "Contact: Officer Suzuki, phone 03-1234-5678\n"
        "Data\\x1b[31mTraveler (0951:1666:<A&B>) was blocked (storage): Nobody has approved it.\n"
        "This has happened 37 times.");
}

Test(words, names_of_devices_and_officers_are_no_markup)
{
    WORDS words = {0};
    CLEANUP_JSON json_object *object = alert("usb.blocked", "blocked");
    add_officer(object, "<i>", "a&b", NULL);
    cr_assert_eq(words_make(object, true, false, &words), 0);
    cr_expect_not_null(strstr(words.body, "0951:1666:&lt;A&amp;B&gt;"));
    cr_expect_not_null(strstr(words.body, "Contact: &lt;i&gt; a&amp;b"));
    cr_expect_null(strchr(words.body, '<'));
}

Test(words, a_long_name_is_cut_and_makes_no_further_lines)
{
    WORDS words = {0};
    CLEANUP_JSON json_object *object = alert("usb.blocked", "blocked");
    char name[3001] = "";
    for (size_t i = 0; i < 1000; i++)
        memcpy(name + 3 * i, "関", 3);
    json_add_text(object, "object", name);
    cr_assert_eq(words_make(object, false, false, &words), 0);
    const char *second = strchr(words.body, '\n') + 1;
    CLEANUP_FREE char *line = strndup(second, strcspn(second, "\n"));
    cr_expect_leq(words_columns(line), WORDS_SENTENCE_COLUMNS);
    cr_expect_str_eq(line + strlen(line) - strlen("…"), "…");
}

Test(words, a_line_break_in_a_name_is_no_line)
{
    WORDS words = {0};
    CLEANUP_JSON json_object *object = alert("usb.blocked", "blocked");
    json_add_text(object, "object", "A\nYour password, please");
    cr_assert_eq(words_make(object, false, false, &words), 0);
    cr_expect_null(strstr(words.body, "\nYour"));
}

Test(words, nothing_that_an_agent_could_send_breaks_it)
{
    const char *const documents[] = {
        "{}",
        "{\"kind\":3,\"object\":[],\"outcome\":{},\"details\":[1],\"officers\":{},\"count\":-1}",
        "{\"kind\":\"none.such\",\"officers\":[]}",
        "{\"kind\":\"usb.blocked\",\"officers\":[null],\"details\":null}",
        "{\"kind\":\"usb.blocked\",\"officers\":[{\"role\":1,\"name\":\"x\"}]}",
        "{\"kind\":\"agent.gap\",\"uid\":-5}",
    };
    for (size_t i = 0; i < ELEMENTS(documents); i++) {
        WORDS words = {0};
        CLEANUP_JSON json_object *object = json_tokener_parse(documents[i]);
        cr_assert_not_null(object);
        cr_expect_eq(words_make(object, true, true, &words), 0);
        cr_expect_not_null(words.title);
    }
}

Test(words, columns_count_a_kanji_as_two)
{
    cr_expect_eq(words_columns("USB機器"), 7);
    cr_expect_eq(words_columns("ｱ"), 1); // half-width
    CLEANUP_FREE char *cut = words_fit("機器機器", 5);
    cr_expect_str_eq(cut, "機器…");
    CLEANUP_FREE char *whole = words_fit("機器", 4);
    cr_expect_str_eq(whole, "機器");
}

// ---- That it fits ------------------------------------------------------------------------------

static void expect_that_it_fits(const char *kind, const char *outcome)
{
    WORDS words = {0};
    CLEANUP_JSON json_object *object = alert(kind, outcome);
    cr_assert_eq(words_make(object, false, true, &words), 0);
    cr_expect_leq(words_columns(words.title), WORDS_TITLE_COLUMNS);
    cr_expect_null(strstr(words.title, "…"), "%s %s: %s", kind, outcome ? outcome : "",
                   words.title);
    cr_expect_null(strstr(words.body, "…"), "%s %s: %s", kind, outcome ? outcome : "", words.body);
}

static void expect_that_all_fits(void)
{
    const char *const outcomes[] = {NULL, "observed", "kept", "flooded", "failed", "blocked"};
    for (enum fact_kind kind = 0; kind < FACT_KIND_MAX; kind++)
        for (size_t i = 0; i < ELEMENTS(outcomes); i++)
            if (!fact_kind_is_observation(kind))
                expect_that_it_fits(fact_kind_to_str(kind), outcomes[i]);
    cr_expect_leq(words_columns(words_answer()), 20);
    WORDS rest = {0};
    cr_assert_eq(words_make_rest(99, &rest), 0);
    cr_expect_leq(words_columns(rest.title), WORDS_TITLE_COLUMNS);
    cr_expect_leq(words_columns(rest.body), WORDS_ADVICE_COLUMNS);
}

Test(words, every_line_fits_a_pop_up_in_english)
{
    expect_that_all_fits();
}

Test(words, every_line_fits_a_pop_up_in_japanese)
{
    char folder[] = JAPANESE_FOLDER;
    speak_japanese(folder);
    cr_expect_str_eq(words_answer(), "確認しました");
    expect_that_all_fits();
    stop_speaking_japanese(folder);
}
