// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of one file, checked column by column.
#include "ledger/rows.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define KIND_LENGTH_MAX 64

struct rows {
    sqlite3_stmt *event;
    sqlite3_stmt *text;
    struct texts *texts;
};

// The columns in the order of `select_event`, and which text each is.
enum {
    COLUMN_SEQ,
    COLUMN_WALL,
    COLUMN_MONO,
    COLUMN_SEVERITY,
    COLUMN_UID,
    COLUMN_PID,
    COLUMN_MARK,
    COLUMN_TEXTS
};

static const char select_event[] = "SELECT seq, wall_ns, mono_ns, severity, uid, pid, mark, "
                                   "boot, kind, user, session, exe, object, outcome, details "
                                   "FROM event NOT INDEXED WHERE seq >= ? ORDER BY seq";

static const char *const text_names[] = {
    [FACT_TEXT_BOOT] = "boot",       [FACT_TEXT_KIND] = "kind",       [FACT_TEXT_USER] = "user",
    [FACT_TEXT_SESSION] = "session", [FACT_TEXT_EXE] = "exe",         [FACT_TEXT_OBJECT] = "object",
    [FACT_TEXT_OUTCOME] = "outcome", [FACT_TEXT_DETAILS] = "details",
};
_Static_assert(ELEMENTS(text_names) == FACT_TEXT_MAX, "a name for each text");

int rows_new(sqlite3 *db, struct rows **ret)
{
    CLEANUP(rows_free_p) struct rows *rows = calloc(1, sizeof *rows);
    if (!rows)
        return -ENOMEM;
    int r = texts_new(&rows->texts);
    if (r < 0)
        return r;
    if (sqlite3_prepare_v2(db, select_event, -1, &rows->event, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "SELECT value FROM text WHERE id = ?", -1, &rows->text, NULL) !=
            SQLITE_OK)
        return -EBADMSG;
    *ret = TAKE_PTR(rows);
    return rows_seek(*ret, 0);
}

void rows_free(struct rows *rows)
{
    if (!rows)
        return;
    (void)sqlite3_finalize(rows->event);
    (void)sqlite3_finalize(rows->text);
    texts_free(rows->texts);
    free(rows);
}

int rows_seek(struct rows *rows, uint64_t first)
{
    sqlite3_int64 bound = first == 0 ? INT64_MIN : (sqlite3_int64)first;
    (void)sqlite3_reset(rows->event);
    return sqlite3_bind_int64(rows->event, 1, bound) == SQLITE_OK ? 0 : -EBADMSG;
}

static bool read_integer(sqlite3_stmt *row, int column, int64_t least, int64_t most, int64_t *ret)
{
    if (sqlite3_column_type(row, column) != SQLITE_INTEGER)
        return false;
    *ret = sqlite3_column_int64(row, column);
    return *ret >= least && *ret <= most;
}

static const char *read_numbers(sqlite3_stmt *event, struct ledger_row *ret)
{
    struct fact_row *row = &ret->row;
    int64_t n;
    if (!read_integer(event, COLUMN_WALL, 0, INT64_MAX, &n))
        return "wall_ns";
    row->wall_ns = (uint64_t)n;
    if (!read_integer(event, COLUMN_MONO, 0, INT64_MAX, &n))
        return "mono_ns";
    row->monotonic_ns = (uint64_t)n;
    if (!read_integer(event, COLUMN_SEVERITY, 0, SEVERITY_MAX - 1, &n))
        return "severity";
    row->severity = (uint8_t)n;
    row->uid = FACT_NO_UID;
    if (sqlite3_column_type(event, COLUMN_UID) != SQLITE_NULL) {
        if (!read_integer(event, COLUMN_UID, 0, (int64_t)FACT_NO_UID - 1, &n))
            return "uid";
        row->uid = (uint32_t)n;
    }
    if (!read_integer(event, COLUMN_PID, 0, UINT32_MAX, &n))
        return "pid";
    row->pid = (uint32_t)n;
    if (!read_integer(event, COLUMN_MARK, INT32_MIN, INT32_MAX, &n))
        return "mark";
    ret->mark = (int32_t)n;
    return NULL;
}

// NULL in *ret if the value is not as the format wants it. A value is checked once, when it comes
// into the memory.
static int load_text(struct rows *rows, int64_t id, const struct text_entry **ret)
{
    *ret = texts_by_id(rows->texts, (uint64_t)id);
    if (*ret)
        return 0;
    (void)sqlite3_reset(rows->text);
    if (sqlite3_bind_int64(rows->text, 1, id) != SQLITE_OK)
        return -EBADMSG;
    int rc = sqlite3_step(rows->text);
    if (rc == SQLITE_DONE)
        return 0;
    if (rc != SQLITE_ROW)
        return rc == SQLITE_NOMEM ? -ENOMEM : -EBADMSG;
    if (sqlite3_column_type(rows->text, 0) != SQLITE_TEXT)
        return 0;
    const char *value = (const char *)sqlite3_column_text(rows->text, 0);
    uint32_t length = (uint32_t)sqlite3_column_bytes(rows->text, 0);
    if (!value)
        return -ENOMEM;
    if (length > FACT_TEXT_LENGTH_MAX || memchr(value, '\0', length) ||
        !text_is_utf8(value, length))
        return 0;
    *ret = texts_remember_id(rows->texts, (uint64_t)id, value, length);
    return *ret ? 0 : -ENOMEM;
}

static int read_text(struct rows *rows, enum fact_text_id text, struct ledger_row *ret)
{
    int column = COLUMN_TEXTS + (int)text;
    const struct text_entry *entry = NULL;
    int64_t id;

    ret->ids[text] = 0;
    ret->row.texts[text] = (struct fact_text){0};
    bool may_be_null = text != FACT_TEXT_BOOT && text != FACT_TEXT_KIND;
    if (may_be_null && sqlite3_column_type(rows->event, column) == SQLITE_NULL)
        return 0;
    if (read_integer(rows->event, column, 1, INT64_MAX, &id)) {
        int r = load_text(rows, id, &entry);
        if (r < 0)
            return r;
    }
    if (!entry) {
        ret->malformed = text_names[text];
        return 0;
    }
    ret->ids[text] = entry->id;
    ret->row.texts[text] = (struct fact_text){.data = entry->value, .length = entry->length};
    return 0;
}

// ---- What some texts must look like ------------------------------------------------------------

static bool is_word(const char *text, size_t length)
{
    return length > 0 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") >= length;
}

static bool is_boot(const struct fact_text *text)
{
    return text->length == BOOT_ID_SIZE - 1 &&
           strspn(text->data, "0123456789abcdef") == text->length;
}

// noun.verb
static bool is_kind(const struct fact_text *text)
{
    const char *point = memchr(text->data, '.', text->length);
    return text->length <= KIND_LENGTH_MAX && point &&
           is_word(text->data, (size_t)(point - text->data)) &&
           is_word(point + 1, text->length - (size_t)(point + 1 - text->data));
}

static const char *check_forms(const struct fact_text texts[FACT_TEXT_MAX])
{
    const struct fact_text *details = &texts[FACT_TEXT_DETAILS];
    if (!is_boot(&texts[FACT_TEXT_BOOT]))
        return text_names[FACT_TEXT_BOOT];
    if (!is_kind(&texts[FACT_TEXT_KIND]))
        return text_names[FACT_TEXT_KIND];
    if (details->data && !json_is_object(details->data, details->length))
        return text_names[FACT_TEXT_DETAILS];
    return NULL;
}

int rows_next(struct rows *rows, struct ledger_row *ret)
{
    texts_trim(rows->texts);
    int rc = sqlite3_step(rows->event);
    if (rc == SQLITE_DONE)
        return 0;
    if (rc != SQLITE_ROW)
        return rc == SQLITE_NOMEM ? -ENOMEM : -EBADMSG;

    ret->row.sequence = (uint64_t)sqlite3_column_int64(rows->event, COLUMN_SEQ);
    ret->malformed = read_numbers(rows->event, ret);
    for (enum fact_text_id t = 0; t < FACT_TEXT_MAX && !ret->malformed; t++) {
        int r = read_text(rows, t, ret);
        if (r < 0)
            return r;
    }
    if (!ret->malformed)
        ret->malformed = check_forms(ret->row.texts);
    return 1;
}

bool ledger_row_is_own(const struct ledger_row *row, const char *object, const char *outcome)
{
    static const enum fact_text_id none[] = {FACT_TEXT_USER, FACT_TEXT_SESSION, FACT_TEXT_EXE};
    for (size_t i = 0; i < ELEMENTS(none); i++)
        if (row->ids[none[i]] != 0)
            return false;
    return row->row.severity == SEVERITY_INFO && row->row.uid == FACT_NO_UID &&
           text_equal(row->row.texts[FACT_TEXT_OBJECT].data, object) &&
           text_equal(row->row.texts[FACT_TEXT_OUTCOME].data, outcome);
}

const char *ledger_row_text(const struct ledger_row *row, enum fact_text_id text)
{
    return row->row.texts[text].data ? row->row.texts[text].data : "";
}

bool ledger_row_is(const struct ledger_row *row, enum fact_kind kind)
{
    return text_equal(ledger_row_text(row, FACT_TEXT_KIND), fact_kind_to_str(kind));
}
