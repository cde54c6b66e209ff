// SPDX-License-Identifier: GPL-3.0-or-later
// Two questions, what for and until when, each with its buttons.
#include "notify/apply.h"

#include "base/i18n.h"
#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define KEY_ANSWER "acknowledge"
#define KEY_APPLY "apply"
#define KEY_BACK "back"
#define KEY_CHOICE "choice-" // and its number

#define DAY_NS (UINT64_C(24) * 3600 * NS_PER_S)
#define LABEL_COLUMNS 28 // five of them side by side fit on a screen of 1024 pixels (Xfce)
#define COMMAND_COLUMNS 200

// Where the policy names none.
static const char *const usual_purposes[] = {
    N_("Delivery to the city"),
    N_("Data from the city"),
    N_("Backup"),
    N_("Maintenance of equipment"),
};

void apply_clear(struct apply_offer *offer)
{
    for (size_t i = 0; i < ELEMENTS(offer->labels); i++)
        free(offer->labels[i]);
    *offer = (struct apply_offer){0};
}

// ---- What can be asked for ---------------------------------------------------------------------

static bool can_apply(const struct popup *popup)
{
    return popup->alert && text_equal(json_get_text(popup->alert, "kind"), "usb.blocked") &&
           text_equal(json_get_text(popup->alert, "outcome"), "blocked") &&
           !json_get_text(json_get(popup->alert, "details"), "malformed") &&
           json_get_text(json_get(popup->alert, "details"), "sysname");
}

static size_t count_purposes(const struct popup *popup)
{
    json_object *list = json_get(popup->alert, "purposes");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    if (n == 0)
        return ELEMENTS(usual_purposes);
    return n > APPLY_PURPOSES_MAX ? APPLY_PURPOSES_MAX : n;
}

// What it is for, as it is recorded: what people read on the button.
static const char *purpose_at(const struct popup *popup, size_t i)
{
    json_object *list = json_get(popup->alert, "purposes");
    json_object *own =
        json_object_is_type(list, json_type_array) ? json_object_array_get_idx(list, i) : NULL;
    return json_object_is_type(own, json_type_string) ? json_object_get_string(own)
                                                      : _(usual_purposes[i]);
}

// The end of the day that lies `days` after that of `now_ns`, or of the last day of its month.
static uint64_t end_of_day(uint64_t now_ns, int days, bool of_month)
{
    time_t seconds = (time_t)(now_ns / NS_PER_S);
    struct tm day;
    if (!localtime_r(&seconds, &day))
        return now_ns + DAY_NS;
    day.tm_hour = day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    if (of_month) {
        day.tm_mon++;
        day.tm_mday = 1;
    } else {
        day.tm_mday += days + 1;
    }
    time_t end = mktime(&day);
    return end < 0 ? now_ns + DAY_NS : (uint64_t)end * NS_PER_S;
}

size_t apply_untils(uint64_t now_ns, uint64_t longest_ns, struct apply_until ret[APPLY_UNTILS_MAX])
{
    struct apply_until week = {N_("One week"), end_of_day(now_ns, 7, false)};
    struct apply_until month = {N_("Until the end of the month"), end_of_day(now_ns, 0, true)};
    struct apply_until *later = week.until_ns < month.until_ns ? &month : &week;
    struct apply_until *sooner = later == &week ? &month : &week;
    size_t n = 0;
    ret[n++] = (struct apply_until){N_("Today"), end_of_day(now_ns, 0, false)};
    if (sooner->until_ns - now_ns <= longest_ns && sooner->until_ns > ret[0].until_ns)
        ret[n++] = *sooner;
    if (later->until_ns - now_ns <= longest_ns && later->until_ns > ret[n - 1].until_ns)
        ret[n++] = *later;
    return n;
}

static size_t untils_of(const struct popup *popup, struct apply_until ret[APPLY_UNTILS_MAX])
{
    return apply_untils(moment_now().wall_ns, json_get_number(popup->alert, "longest_ns"), ret);
}

// ---- What stands on the screen -----------------------------------------------------------------

int apply_add_button(struct apply_offer *offer, const char *key, const char *label)
{
    size_t i = 0;
    while (offer->buttons[i].key)
        i++;
    CLEANUP_FREE char *printable = text_printable(label);
    offer->labels[i] = printable ? words_fit(printable, LABEL_COLUMNS) : NULL;
    if (!offer->labels[i])
        return -ENOMEM;
    offer->buttons[i] = (struct desktop_button){key, offer->labels[i]};
    return 0;
}

static int add_choices(const struct popup *popup, struct apply_offer *offer)
{
    static const char *const keys[] = {KEY_CHOICE "0", KEY_CHOICE "1", KEY_CHOICE "2",
                                       KEY_CHOICE "3"};
    struct apply_until untils[APPLY_UNTILS_MAX];
    bool is_purpose = popup->step == POPUP_PURPOSE;
    size_t n = is_purpose ? count_purposes(popup) : untils_of(popup, untils);
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = apply_add_button(offer, keys[i],
                             is_purpose ? purpose_at(popup, i) : _(untils[i].label));
    return r < 0 ? r : apply_add_button(offer, KEY_BACK, _("Cancel"));
}

// Instead of what happened: the question.
static int ask(const struct popup *popup, bool markup, struct words *words)
{
    bool is_purpose = popup->step == POPUP_PURPOSE;
    const char *device = json_get_text(json_get(popup->alert, "details"), "name");
    char *title = strdup(is_purpose ? _("What do you need it for?") : _("Until when?"));
    char *body = strdup("");
    if (!title || !body) {
        free(title);
        free(body);
        return -ENOMEM;
    }
    words_clear(words);
    words->title = title;
    words->body = body;
    int r = words_add(words, device ? device : json_get_text(popup->alert, "object"),
                      WORDS_OFFICER_COLUMNS, markup);
    if (r == 0 && !is_purpose)
        r = words_add(words, purpose_at(popup, popup->purpose), WORDS_OFFICER_COLUMNS, markup);
    return r < 0 ? r
                 : words_add(words, _("Another person will decide your request."),
                             WORDS_ADVICE_COLUMNS, markup);
}

static int add_command(const struct popup *popup, bool markup, struct words *words)
{
    CLEANUP_FREE char *line =
        text_format(_("To ask for its use, type: sekisho request make %s --purpose … --until …"),
                    json_get_text(json_get(popup->alert, "details"), "sysname"));
    return line ? words_add(words, line, COMMAND_COLUMNS, markup) : -ENOMEM;
}

static int add_trouble(const struct popup *popup, bool markup, struct words *words)
{
    CLEANUP_FREE char *line = text_format(_("Your request was not sent. %s"), popup->trouble);
    return line ? words_add(words, line, COMMAND_COLUMNS, markup) : -ENOMEM;
}

int apply_offer(const struct popup *popup, bool has_buttons, bool markup, struct words *words,
                struct apply_offer *ret)
{
    int r = 0;
    if (has_buttons && popup->step != POPUP_PLAIN && can_apply(popup)) {
        r = ask(popup, markup, words);
        return r < 0 ? r : add_choices(popup, ret);
    }
    if (popup->trouble)
        r = add_trouble(popup, markup, words);
    if (r == 0 && has_buttons)
        r = apply_add_button(ret, KEY_ANSWER, words_answer());
    if (r == 0 && has_buttons && can_apply(popup))
        r = apply_add_button(ret, KEY_APPLY, _("Apply for use"));
    if (r == 0 && !has_buttons && can_apply(popup))
        r = add_command(popup, markup, words);
    return r;
}

// ---- What is pressed ---------------------------------------------------------------------------

static int choice_of(const char *key)
{
    size_t length = strlen(KEY_CHOICE);
    return strncmp(key, KEY_CHOICE, length) == 0 && key[length] >= '0' && key[length] <= '9' &&
                   key[length + 1] == '\0'
               ? key[length] - '0'
               : -1;
}

static enum apply_result choose(struct popup *popup, size_t choice, uint64_t *ret_until_ns)
{
    struct apply_until untils[APPLY_UNTILS_MAX];
    if (popup->step == POPUP_PURPOSE && choice < count_purposes(popup)) {
        popup->purpose = choice;
        popup->step = POPUP_UNTIL;
        return APPLY_NEXT;
    }
    if (popup->step != POPUP_UNTIL || choice >= untils_of(popup, untils))
        return APPLY_NOTHING;
    *ret_until_ns = untils[choice].until_ns;
    return APPLY_COMPLETE;
}

enum apply_result apply_press(struct popup *popup, const char *key, uint64_t *ret_until_ns)
{
    int choice = choice_of(key);
    if (choice >= 0)
        return choose(popup, (size_t)choice, ret_until_ns);
    if (popup->step == POPUP_PLAIN && text_equal(key, KEY_ANSWER))
        return APPLY_ACKNOWLEDGED;
    if (popup->step == POPUP_PLAIN && text_equal(key, KEY_APPLY) && can_apply(popup)) {
        popup->step = POPUP_PURPOSE;
        return APPLY_NEXT;
    }
    if (popup->step == POPUP_PLAIN || !text_equal(key, KEY_BACK))
        return APPLY_NOTHING;
    popup->step = POPUP_PLAIN;
    return APPLY_NEXT;
}

json_object *apply_terms(const struct popup *popup, uint64_t until_ns)
{
    const char *device = json_get_text(json_get(popup->alert, "details"), "sysname");
    if (!device || popup->purpose >= count_purposes(popup))
        return NULL;
    json_object *terms = json_object_new_object();
    json_add_text(terms, "device", device);
    json_add_text(terms, "identity", json_get_text(popup->alert, "object"));
    json_add_text(terms, "purpose", purpose_at(popup, popup->purpose));
    json_add_number(terms, "until_ns", until_ns);
    return terms;
}
