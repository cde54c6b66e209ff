// SPDX-License-Identifier: GPL-3.0-or-later
// From a blocked device to a request: which buttons there are, what a press means, and that both
// languages fit on them.
#include "notify/apply.h"

#include "base/i18n.h"
#include "base/moment.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#define DAY_NS (UINT64_C(24) * 3600 * NS_PER_S)

static struct popup make_popup(const char *kind, const char *outcome)
{
    json_object *alert = json_object_new_object(), *details = json_object_new_object();
    json_add_text(alert, "kind", kind);
    json_add_text(alert, "outcome", outcome);
    json_add_text(alert, "object", "0951:1666:A");
    json_add_number(alert, "longest_ns", 31 * DAY_NS);
    json_add_text(details, "sysname", "1-1");
    json_add_text(details, "name", "<b>Stick</b>");
    json_add(alert, "details", details);
    return (struct popup){.alert = alert, .cause = (char *)"x"};
}

static size_t count_buttons(const struct apply_offer *offer)
{
    size_t n = 0;
    while (n < DESKTOP_BUTTONS_MAX && offer->buttons[n].key)
        n++;
    return n;
}

static size_t offer(const struct popup *popup, bool has_buttons, char **ret_body)
{
    CLEANUP(words_clear) struct words words = {strdup("title"), strdup("body")};
    CLEANUP(apply_clear) struct apply_offer made = {0};
    cr_assert_eq(apply_offer(popup, has_buttons, true, &words, &made), 0);
    *ret_body = text_dup(words.body);
    return count_buttons(&made);
}

Test(apply, a_blocked_device_has_two_buttons_and_anything_else_one)
{
    static const struct {
        const char *kind, *outcome;
        size_t n;
    } cases[] = {{"usb.blocked", "blocked", 2},
                 {"usb.blocked", "observed", 1},
                 {"usb.blocked", "flooded", 1},
                 {"medium.refused", "blocked", 1},
                 {"request.approved", "approved", 1}};
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        struct popup popup = make_popup(cases[i].kind, cases[i].outcome);
        CLEANUP_FREE char *body = NULL;
        cr_expect_eq(offer(&popup, true, &body), cases[i].n, "%s", cases[i].outcome);
        cr_expect_str_eq(body, "body");
        json_object_put(popup.alert);
    }
}

Test(apply, where_there_are_no_buttons_the_command_is_told)
{
    struct popup popup = make_popup("usb.blocked", "blocked");
    CLEANUP_FREE char *body = NULL;
    cr_expect_eq(offer(&popup, false, &body), 0);
    cr_expect(strstr(body, "sekisho request make 1-1"));
    json_object_put(popup.alert);
}

Test(apply, two_questions_make_a_request)
{
    struct popup popup = make_popup("usb.blocked", "blocked");
    uint64_t until_ns = 0, now_ns = moment_now().wall_ns;
    cr_expect_eq(apply_press(&popup, "choice-0", &until_ns), APPLY_NOTHING);
    cr_expect_eq(apply_press(&popup, "acknowledge", &until_ns), APPLY_ACKNOWLEDGED);
    cr_expect_eq(apply_press(&popup, "apply", &until_ns), APPLY_NEXT);
    CLEANUP_FREE char *body = NULL;
    cr_expect_eq(offer(&popup, true, &body), 5); // the usual purposes, and a way back
    cr_expect(strstr(body, "&lt;b&gt;Stick&lt;/b&gt;"));
    cr_expect_eq(apply_press(&popup, "choice-4", &until_ns), APPLY_NOTHING);
    cr_expect_eq(apply_press(&popup, "acknowledge", &until_ns), APPLY_NOTHING);
    cr_expect_eq(apply_press(&popup, "choice-2", &until_ns), APPLY_NEXT);
    cr_expect_eq(apply_press(&popup, "choice-9", &until_ns), APPLY_NOTHING);
    cr_expect_eq(apply_press(&popup, "choice-0", &until_ns), APPLY_COMPLETE);
    cr_expect(until_ns > now_ns && until_ns <= now_ns + DAY_NS + NS_PER_S);
    CLEANUP_JSON json_object *terms = apply_terms(&popup, until_ns);
    cr_expect_str_eq(json_get_text(terms, "device"), "1-1");
    cr_expect_str_eq(json_get_text(terms, "identity"), "0951:1666:A");
    cr_expect_str_eq(json_get_text(terms, "purpose"), "Backup");
    json_object_put(popup.alert);
}

Test(apply, the_purposes_of_the_policy_stand_on_the_buttons)
{
    struct popup popup = make_popup("usb.blocked", "blocked");
    uint64_t until_ns = 0;
    json_object *purposes = json_object_new_array();
    json_object_array_add(purposes, json_object_new_string("納品"));
    json_add(popup.alert, "purposes", purposes);
    cr_expect_eq(apply_press(&popup, "apply", &until_ns), APPLY_NEXT);
    cr_expect_eq(apply_press(&popup, "choice-1", &until_ns), APPLY_NOTHING);
    cr_expect_eq(apply_press(&popup, "choice-0", &until_ns), APPLY_NEXT);
    CLEANUP_JSON json_object *terms = apply_terms(&popup, 1);
    cr_expect_str_eq(json_get_text(terms, "purpose"), "納品");
    cr_expect_eq(apply_press(&popup, "back", &until_ns), APPLY_NEXT);
    cr_expect_eq(popup.step, POPUP_PLAIN);
    json_object_put(popup.alert);
}

static uint64_t moment(const char *text)
{
    uint64_t wall_ns = 0;
    cr_assert_eq(moment_parse(text, &wall_ns), 0);
    return wall_ns;
}

static void expect_ends(const char *now, uint64_t days, const char *const *ends, size_t n)
{
    struct apply_until untils[APPLY_UNTILS_MAX];
    cr_assert_eq(apply_untils(moment(now), days * DAY_NS, untils), n, "%s", now);
    for (size_t i = 0; i < n; i++)
        cr_expect_eq(untils[i].until_ns, moment(ends[i]), "%s: %s", now, ends[i]);
}

Test(apply, a_long_purpose_is_cut_so_that_five_buttons_fit_on_a_small_screen)
{
    struct popup popup = make_popup("usb.blocked", "blocked");
    json_object *purposes = json_object_new_array();
    CLEANUP(words_clear) struct words words = {strdup("title"), strdup("body")};
    CLEANUP(apply_clear) struct apply_offer made = {0};
    json_object_array_add(purposes,
                          json_object_new_string("住民基本台帳の写しを市の窓口へ納品するため"));
    json_add(popup.alert, "purposes", purposes);
    popup.step = POPUP_PURPOSE;
    cr_assert_eq(apply_offer(&popup, true, true, &words, &made), 0);
    cr_expect_str_eq(made.buttons[0].label, "住民基本台帳の写しを市の窓…");
    cr_expect_leq(words_columns(made.buttons[0].label), 28);
    json_object_put(popup.alert);
}

Test(apply, ends_are_whole_days_soonest_first_and_as_far_as_the_policy_allows)
{
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    expect_ends("2026-11-10T09:00:00+09:00", 31,
                (const char *const[]){"2026-11-11T00:00:00+09:00", "2026-11-18T00:00:00+09:00",
                                      "2026-12-01T00:00:00+09:00"},
                3);
    expect_ends("2026-11-28T09:00:00+09:00", 31,
                (const char *const[]){"2026-11-29T00:00:00+09:00", "2026-12-01T00:00:00+09:00",
                                      "2026-12-06T00:00:00+09:00"},
                3);
    expect_ends("2026-11-30T09:00:00+09:00", 31, // the month ends today
                (const char *const[]){"2026-12-01T00:00:00+09:00", "2026-12-08T00:00:00+09:00"}, 2);
    expect_ends("2026-11-10T09:00:00+09:00", 8,
                (const char *const[]){"2026-11-11T00:00:00+09:00", "2026-11-18T00:00:00+09:00"}, 2);
    expect_ends("2026-12-31T23:59:59+09:00", 1, (const char *const[]){"2027-01-01T00:00:00+09:00"},
                1);
}
