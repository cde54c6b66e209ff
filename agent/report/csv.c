// SPDX-License-Identifier: GPL-3.0-or-later
// The columns, quoting and guarding.
#include "report/csv.h"

#include "base/text.h"
#include "report/sentence.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *const headings[] = {
    "@timestamp",     "event.sequence",  "event.action",    "log.level",   "host.name",
    "user.id",        "user.name",       "sekisho.session", "process.pid", "process.executable",
    "sekisho.object", "sekisho.outcome", "event.reason",    "message",     "sekisho.details",
};

// Japanese spreadsheets take the full-width signs for formulas, too.
static bool begins_formula(const char *text)
{
    static const char *const begins[] = {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"};
    for (size_t i = 0; i < ELEMENTS(begins); i++)
        if (strncmp(text, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

void csv_write_quoted(FILE *file, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            fputc('"', file);
        fputc(*p, file);
    }
}

void csv_write_guarded(FILE *file, const char *text)
{
    if (!text)
        return;
    if (begins_formula(text))
        fputc('\'', file);
    csv_write_quoted(file, text);
}

static void write_cell(FILE *file, const char *text, bool last)
{
    CLEANUP_FREE char *printable = text ? text_printable(text) : NULL;
    fputc('"', file);
    csv_write_guarded(file, printable);
    fputs(last ? "\"" CSV_LINE_END : "\",", file);
}

void csv_write_head(FILE *file)
{
    fputs(CSV_BYTE_ORDER_MARK, file);
    for (size_t i = 0; i < ELEMENTS(headings); i++)
        fprintf(file, "%s%s", headings[i], i + 1 < ELEMENTS(headings) ? "," : CSV_LINE_END);
}

int csv_write_row(FILE *file, const struct query_row *row, const char *host)
{
    const struct fact *fact = &row->fact;
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    CLEANUP_FREE char *message = sentence_make(row, details, false);
    char time[40], sequence[24], uid[16] = "", pid[16] = "";
    if (!message)
        return -ENOMEM;
    moment_to_iso(fact->at.wall_ns, time);
    snprintf(sequence, sizeof sequence, "%" PRIu64, row->sequence);
    if (fact->uid != FACT_NO_UID)
        snprintf(uid, sizeof uid, "%" PRIu32, fact->uid);
    if (fact->pid != 0)
        snprintf(pid, sizeof pid, "%" PRIu32, fact->pid);

    const char *const cells[] = {
        time,
        sequence,
        row->kind_name,
        severity_to_str(fact->severity),
        host,
        uid,
        fact->user,
        fact->session,
        pid,
        fact->exe,
        fact->object,
        fact->outcome,
        json_get_text(details, "reason"),
        message,
        fact->details,
    };
    static_assert(ELEMENTS(cells) == ELEMENTS(headings), "a cell for each heading");
    for (size_t i = 0; i < ELEMENTS(cells); i++)
        write_cell(file, cells[i], i + 1 == ELEMENTS(cells));
    return ferror(file) ? -EIO : 0;
}
