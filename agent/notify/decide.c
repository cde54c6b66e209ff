// SPDX-License-Identifier: GPL-3.0-or-later
// One line for each thing that whoever decides has to know.
#include "notify/decide.h"

#include "base/i18n.h"
#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define KEY_APPROVE "approve"
#define KEY_REFUSE "refuse"
#define MINUTE_LENGTH strlen("YYYY-MM-DDTHH:MM")

bool decide_is_asked(const struct popup *popup)
{
    return popup->alert && text_equal(json_get_text(popup->alert, "kind"), "request.made") &&
           text_equal(json_get_text(popup->alert, "outcome"), "waiting") &&
           json_get_number(popup->alert, "request") > 0;
}

// "2026-12-04 00:00", of the session's time zone; NULL on lack of memory.
static char *make_minute(uint64_t wall_ns)
{
    char iso[40];
    moment_to_iso(wall_ns, iso);
    char *day = text_format("%.*s", (int)MINUTE_LENGTH, iso), *mark = day ? strchr(day, 'T') : NULL;
    if (mark)
        *mark = ' ';
    return day;
}

// Takes `line`; NULL is lack of memory.
static int add(struct words *words, char *line, unsigned columns, bool markup)
{
    CLEANUP_FREE char *owned = line;
    return owned ? words_add(words, owned, columns, markup) : -ENOMEM;
}

static int add_what(json_object *details, bool markup, struct words *words)
{
    const char *asker = json_get_text(details, "asker");
    const char *subject = json_get_text(details, "subject");
    const char *contents = json_get_text(details, "contents");
    const char *destination = json_get_text(details, "destination");
    // Translators: a person, and what is asked for
    int r =
        add(words, text_format(_("%s asks for: %s"), asker ? asker : "?", subject ? subject : "?"),
            WORDS_SENTENCE_COLUMNS, markup);
    if (r < 0 || !contents)
        return r;
    // Translators: what is taken out, and where to
    return add(words,
               text_format(_("Taken out: %s, to %s"), contents, destination ? destination : "?"),
               WORDS_SENTENCE_COLUMNS, markup);
}

// What to do comes first: a pop-up that is too small is cut at its end, and what a device calls
// itself is as long as its maker likes.
static int add_lines(const struct popup *popup, bool markup, struct words *words)
{
    json_object *details = json_get(popup->alert, "details");
    uint64_t number = json_get_number(popup->alert, "request");
    const char *purpose = json_get_text(details, "purpose");
    CLEANUP_FREE char *until = make_minute(json_get_number(details, "until_ns"));
    int r = until ? 0 : -ENOMEM;
    if (r == 0 && popup->trouble)
        r = add(words, text_format(_("It is not decided. %s"), popup->trouble),
                WORDS_SENTENCE_COLUMNS, markup);
    if (r == 0)
        r = add(words,
                text_format(
                    _("To decide it: sekisho request approve %" PRIu64 " (or refuse %" PRIu64 ")"),
                    number, number),
                WORDS_ADVICE_COLUMNS, markup);
    if (r == 0)
        r = add(words, text_format(_("Until %s, for: %s"), until, purpose ? purpose : "?"),
                WORDS_ADVICE_COLUMNS, markup);
    return r < 0 ? r : add_what(details, markup, words);
}

int decide_offer(const struct popup *popup, bool has_buttons, bool markup, struct words *words,
                 struct apply_offer *ret)
{
    words_clear(words); // those are of who has asked
    words->title = words_fit(_("A request waits for your decision"), WORDS_TITLE_COLUMNS);
    words->body = strdup("");
    if (!words->title || !words->body)
        return -ENOMEM;
    int r = add_lines(popup, markup, words);
    if (r == 0 && has_buttons)
        r = apply_add_button(ret, KEY_APPROVE, _("Approve"));
    if (r == 0 && has_buttons)
        r = apply_add_button(ret, KEY_REFUSE, _("Refuse"));
    return r;
}

enum decide_result decide_press(const struct popup *popup, const char *key)
{
    if (!decide_is_asked(popup))
        return DECIDE_NOTHING;
    if (text_equal(key, KEY_APPROVE))
        return DECIDE_APPROVE;
    return text_equal(key, KEY_REFUSE) ? DECIDE_REFUSE : DECIDE_NOTHING;
}
