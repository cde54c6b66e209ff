// SPDX-License-Identifier: GPL-3.0-or-later
// A title and an advice for each kind of alert; the sentence between them is the one of the log.
#include "notify/words.h"

#include "base/i18n.h"
#include "base/text.h"
#include "fact/fact.h"
#include "report/sentence.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct wording {
    enum fact_kind kind;
    const char *outcome; // NULL: any other
    const char *title, *advice;
};

#define UNPLUG N_("Please unplug it. If you need it for your work, ask the officer first.")
#define REPORT N_("Please leave everything as it is and call the officer.")

#define HANDLER N_("Please leave this folder to its handlers, and call the officer.")

// The first that fits.
static const struct wording wordings[] = {
    {FACT_USB_BLOCKED, "observed", N_("A USB device is not approved"), UNPLUG},
    {FACT_USB_BLOCKED, "kept", N_("A USB device is not approved"), REPORT},
    {FACT_USB_BLOCKED, "flooded", N_("A USB port was switched off"), UNPLUG},
    {FACT_USB_BLOCKED, NULL, N_("A USB device was blocked"), UNPLUG},
    {FACT_MEDIUM_REFUSED, NULL, N_("A storage medium was refused"),
     N_("Please remove it. Only approved media may be used here.")},
    {FACT_AIRGAP_BROKEN, "observed", N_("This PC is connected to a network"),
     N_("Please unplug what was connected last, and call the officer.")},
    {FACT_AIRGAP_BROKEN, "failed", N_("This PC is connected to a network"),
     N_("Please unplug what was connected last, and call the officer.")},
    {FACT_AIRGAP_BROKEN, NULL, N_("A network connection was cut off"),
     N_("Please unplug what was connected last, and call the officer.")},
    {FACT_REQUEST_MADE, NULL, N_("Your request was sent"),
     N_("Another person decides it. You will be told here.")},
    {FACT_REQUEST_APPROVED, NULL, N_("Your request was approved"),
     N_("What you asked for is allowed now, until the time that was approved.")},
    {FACT_REQUEST_REFUSED, NULL, N_("Your request was refused"),
     N_("Please do without it, or ask the officer.")},
    {FACT_REQUEST_WITHDRAWN, NULL, N_("Your request has ended"),
     N_("If you still need it, please ask again.")},
    {FACT_MEDIUM_OVERDUE, NULL, N_("Something has not come back in time"),
     N_("Please bring it back and enter that, or call the officer.")},
    {FACT_INCIDENT_OPENED, NULL, N_("Your report was recorded"), REPORT},
    {FACT_INCIDENT_OVERDUE, NULL, N_("A report to the city is overdue"),
     N_("Please call the officer, who has to report to the city.")},
    {FACT_AGENT_TAMPERED, NULL, N_("A protection of this PC was changed"), REPORT},
    {FACT_LOGIN_SUCCEEDED, NULL, N_("An account for emergencies was used"),
     N_("Please tell the officer why it was needed.")},
    {FACT_FILE_READ, NULL, N_("Protected data was used by somebody else"), HANDLER},
    {FACT_FILE_WRITTEN, NULL, N_("Protected data was used by somebody else"), HANDLER},
    {FACT_FILE_CREATED, NULL, N_("Protected data was used by somebody else"), HANDLER},
    {FACT_FILE_DELETED, NULL, N_("Protected data was used by somebody else"), HANDLER},
    {FACT_FILE_RENAMED, NULL, N_("Protected data was used by somebody else"), HANDLER},
    {FACT_FILE_CHANGED, NULL, N_("Protected data was used by somebody else"), HANDLER},
    {FACT_FILE_PRINTED, NULL, N_("Protected data was used by somebody else"), HANDLER},
};
static const struct wording other = {.title = N_("This PC needs attention"), .advice = REPORT};

void words_clear(struct words *words)
{
    free(words->title);
    free(words->body);
    *words = (struct words){0};
}

const char *words_answer(void)
{
    return _("I have read this");
}

// ---- Columns -----------------------------------------------------------------------------------

// Two for what is as wide as a kanji (Unicode's East Asian Width W and F, by their large blocks).
static unsigned columns_of(uint32_t code)
{
    bool is_wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
                   (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
                   (code >= 0xFE30 && code <= 0xFE6F) || (code >= 0xFF00 && code <= 0xFF60) ||
                   (code >= 0xFFE0 && code <= 0xFFE6) || (code >= 0x1F300 && code <= 0x1FAFF) ||
                   (code >= 0x20000 && code <= 0x3FFFD);
    return is_wide ? 2 : 1;
}

// Bytes of `text` that fit into `columns`, and how many columns they take.
static size_t measure(const char *text, unsigned columns, unsigned *ret_used)
{
    size_t bytes = 0, left = strlen(text);
    *ret_used = 0;
    while (left > 0) {
        uint32_t code = 0;
        size_t n = text_utf8_sequence(text + bytes, left, &code);
        unsigned width = n == 0 ? 1 : columns_of(code);
        n = n == 0 ? 1 : n;
        if (width > columns - *ret_used)
            break;
        *ret_used += width;
        bytes += n;
        left -= n;
    }
    return bytes;
}

unsigned words_columns(const char *text)
{
    unsigned used;
    (void)measure(text, UINT32_MAX, &used);
    return used;
}

char *words_fit(const char *text, unsigned columns)
{
    unsigned used;
    size_t bytes = measure(text, columns, &used);
    if (!text[bytes])
        return strdup(text);
    bytes = measure(text, columns - 1, &used);
    return text_format("%.*s…", (int)bytes, text);
}

char *words_escape(const char *text)
{
    char *escaped = NULL;
    size_t length;
    FILE *out = open_memstream(&escaped, &length);
    if (!out)
        return NULL;
    for (; *text; text++) {
        if (*text == '&')
            (void)fputs("&amp;", out);
        else if (*text == '<')
            (void)fputs("&lt;", out);
        else if (*text == '>')
            (void)fputs("&gt;", out);
        else
            (void)fputc(*text, out);
    }
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(escaped);
        return NULL;
    }
    return escaped;
}

// ---- Lines -------------------------------------------------------------------------------------

static const struct wording *find_wording(json_object *alert)
{
    enum fact_kind kind;
    if (fact_kind_from_str(json_get_text(alert, "kind"), &kind) < 0)
        return &other; // of a later agent
    for (size_t i = 0; i < ELEMENTS(wordings); i++)
        if (wordings[i].kind == kind &&
            (!wordings[i].outcome ||
             text_equal(wordings[i].outcome, json_get_text(alert, "outcome"))))
            return &wordings[i];
    return &other;
}

// The row is put together again from the document; it only borrows.
static char *make_sentence(json_object *alert)
{
    struct query_row row = {.kind_name = json_get_text(alert, "kind")};
    json_object *uid = json_get(alert, "uid");
    row.fact.uid = uid ? (uint32_t)json_get_number(alert, "uid") : FACT_NO_UID;
    row.fact.user = (char *)json_get_text(alert, "user");
    row.fact.object = (char *)json_get_text(alert, "object");
    row.fact.outcome = (char *)json_get_text(alert, "outcome");
    if (fact_kind_from_str(row.kind_name, &row.fact.kind) < 0)
        row.fact.kind = FACT_KIND_MAX;
    return sentence_make(&row, json_get(alert, "details"), true);
}

// "保護責任者 鈴木 花子 03-1234-5678": the first who is in office; NULL if the policy names nobody.
static char *make_officer(json_object *alert)
{
    json_object *list = json_get(alert, "officers");
    json_object *officer =
        json_object_is_type(list, json_type_array) ? json_object_array_get_idx(list, 0) : NULL;
    const char *role = json_get_text(officer, "role"), *name = json_get_text(officer, "name");
    const char *phone = json_get_text(officer, "phone");
    if (!role || !name)
        return NULL;
    if (phone)
        // Translators: title, name, and number of the officer in charge
        return text_format(_("Contact: %s %s, phone %s"), role, name, phone);
    // Translators: title and name of the officer in charge
    return text_format(_("Contact: %s %s"), role, name);
}

// Printable whoever sent it, cut, and escaped if the desktop reads markup. Takes `text`; NULL is no
// line.
static int put_line(FILE *out, char *text, unsigned columns, bool markup)
{
    CLEANUP_FREE char *owned = text;
    CLEANUP_FREE char *printable = owned ? text_printable(owned) : NULL;
    CLEANUP_FREE char *fitting = printable ? words_fit(printable, columns) : NULL;
    CLEANUP_FREE char *escaped = fitting && markup ? words_escape(fitting) : NULL;
    const char *line = markup ? escaped : fitting;
    if (!owned)
        return 0;
    if (!line)
        return -ENOMEM;
    return fprintf(out, "%s%s", ftell(out) > 0 ? "\n" : "", line) < 0 ? -ENOMEM : 0;
}

static char *make_count(json_object *alert)
{
    uint64_t count = json_get_number(alert, "count");
    return count > 1 ? text_format(_("This has happened %" PRIu64 " times."), count) : NULL;
}

static char *make_request_number(json_object *alert)
{
    uint64_t number = json_get_number(alert, "request");
    return number > 0 ? text_format(_("Request no. %" PRIu64), number) : NULL;
}

// A pop-up that is too small is cut at its end: what to do and whom to call come before what a
// device calls itself, which is as long as its maker likes.
static int put_body(FILE *out, json_object *alert, bool markup, bool failed)
{
    const char *trouble = _("Your answer could not be recorded. Please try again later.");
    int r = 0;
    if (failed)
        r = put_line(out, strdup(trouble), WORDS_ADVICE_COLUMNS, markup);
    if (r == 0)
        r = put_line(out, strdup(_(find_wording(alert)->advice)), WORDS_ADVICE_COLUMNS, markup);
    if (r == 0)
        r = put_line(out, make_request_number(alert), WORDS_OFFICER_COLUMNS, markup);
    if (r == 0)
        r = put_line(out, make_officer(alert), WORDS_OFFICER_COLUMNS, markup);
    if (r == 0)
        r = put_line(out, make_sentence(alert), WORDS_SENTENCE_COLUMNS, markup);
    if (r == 0)
        r = put_line(out, make_count(alert), WORDS_ADVICE_COLUMNS, markup);
    return r;
}

int words_make(json_object *alert, bool markup, bool failed, struct words *ret)
{
    CLEANUP(words_clear) struct words words = {0};
    size_t length;
    FILE *out = open_memstream(&words.body, &length);
    if (!out)
        return -ENOMEM;
    int r = put_body(out, alert, markup, failed);
    if (fclose(out) != 0)
        r = -ENOMEM;
    words.title = words_fit(_(find_wording(alert)->title), WORDS_TITLE_COLUMNS);
    if (r < 0 || !words.title)
        return -ENOMEM;
    *ret = words;
    words = (struct words){0};
    return 0;
}

int words_add(struct words *words, const char *line, unsigned columns, bool markup)
{
    CLEANUP_FREE char *printable = text_printable(line);
    CLEANUP_FREE char *fitting = printable ? words_fit(printable, columns) : NULL;
    CLEANUP_FREE char *escaped = fitting && markup ? words_escape(fitting) : NULL;
    const char *added = markup ? escaped : fitting;
    char *body =
        added ? text_format("%s%s%s", words->body, words->body[0] ? "\n" : "", added) : NULL;
    if (!body)
        return -ENOMEM;
    free(words->body);
    words->body = body;
    return 0;
}

int words_make_rest(uint64_t n, struct words *ret)
{
    CLEANUP(words_clear)
    struct words words = {
        .title = strdup(_("There are more alerts")),
        .body = text_format(_("%" PRIu64 " further alerts are waiting. Each is shown when those "
                              "that are on the screen have been answered."),
                            n),
    };
    if (!words.title || !words.body)
        return -ENOMEM;
    *ret = words;
    words = (struct words){0};
    return 0;
}
