// SPDX-License-Identifier: GPL-3.0-or-later
// One SELECT a file over the columns of FORMAT.md; the files one after the other.
#include "ledger/query.h"

#include "base/text.h"
#include "ledger/dictionary.h"
#include "ledger/months.h"
#include "ledger/reader.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

static void statement_free_p(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}

// ---- The statement -----------------------------------------------------------------------------

// A row holds numbers, so a text that is asked for becomes its numbers first, once a file: the
// dictionary is gone through instead of being asked for each row. Kinds are few and indexed: step
// from one to the next.
#define WHERE                                                                                      \
    " FROM event AS e WHERE e.seq > :after"                                                        \
    " AND (:since = 0 OR e.wall_ns >= :since) AND (:until = 0 OR e.wall_ns < :until)"              \
    " AND e.severity >= :severity"                                                                 \
    " AND (:without IS NULL OR +e.kind NOT IN (SELECT id FROM text WHERE value = :without))"       \
    " AND (:user IS NULL OR e.user IN (SELECT id FROM text WHERE value = :user))"                  \
    " AND (:path IS NULL OR e.object IN (SELECT id FROM text WHERE value GLOB :path)"              \
    " OR e.details IN (SELECT id FROM text WHERE instr(value, '\"to\":') > 0"                      \
    " AND CASE WHEN json_valid(value) THEN json_extract(value, '$.to') END GLOB :path))"
#define AND_KIND                                                                                   \
    " AND e.kind IN (WITH RECURSIVE used(id) AS (SELECT min(kind) FROM event UNION ALL"            \
    " SELECT (SELECT min(kind) FROM event WHERE kind > used.id) FROM used"                         \
    " WHERE used.id IS NOT NULL)"                                                                  \
    " SELECT text.id FROM used JOIN text ON text.id = used.id WHERE text.value GLOB :kind)"
#define ROWS                                                                                       \
    "SELECT e.seq, e.wall_ns, e.mono_ns, e.boot, e.kind, e.severity, e.uid, e.user, e.session, "   \
    "e.pid, e.exe, e.object, e.outcome, e.details"
#define NEWEST "SELECT e.seq"

enum column {
    COLUMN_SEQ,
    COLUMN_WALL,
    COLUMN_MONO,
    COLUMN_BOOT,
    COLUMN_KIND,
    COLUMN_SEVERITY,
    COLUMN_UID,
    COLUMN_USER,
    COLUMN_SESSION,
    COLUMN_PID,
    COLUMN_EXE,
    COLUMN_OBJECT,
    COLUMN_OUTCOME,
    COLUMN_DETAILS,
};

static int bind_number(sqlite3_stmt *statement, const char *name, uint64_t value)
{
    if (value > INT64_MAX)
        value = INT64_MAX;
    return sqlite3_bind_int64(statement, sqlite3_bind_parameter_index(statement, name),
                              (sqlite3_int64)value);
}

static int bind_text(sqlite3_stmt *statement, const char *name, const char *value)
{
    int index = sqlite3_bind_parameter_index(statement, name);
    return index == 0 ? SQLITE_OK : sqlite3_bind_text(statement, index, value, -1, SQLITE_STATIC);
}

static int bind_filter(sqlite3_stmt *statement, const struct query_filter *filter, uint64_t after)
{
    int rc = bind_number(statement, ":after", after);
    if (rc == SQLITE_OK)
        rc = bind_number(statement, ":since", filter->since_ns);
    if (rc == SQLITE_OK)
        rc = bind_number(statement, ":until", filter->until_ns);
    if (rc == SQLITE_OK)
        rc = bind_number(statement, ":severity",
                         filter->severity > 0 ? (uint64_t)filter->severity : 0);
    if (rc == SQLITE_OK)
        rc = bind_text(statement, ":user", filter->user);
    if (rc == SQLITE_OK)
        rc = bind_text(statement, ":path", filter->path);
    if (rc == SQLITE_OK)
        rc = bind_text(statement, ":kind", filter->kind);
    if (rc == SQLITE_OK)
        rc = bind_text(statement, ":without", filter->without);
    return rc;
}

static int prepare(sqlite3 *db, const char *with_kind, const char *without,
                   const struct query_filter *filter, uint64_t after, sqlite3_stmt **ret)
{
    CLEANUP(statement_free_p) sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, filter->kind ? with_kind : without, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = bind_filter(statement, filter, after);
    if (rc != SQLITE_OK)
        return reader_errno(rc);
    *ret = TAKE_PTR(statement);
    return 0;
}

// ---- Rows --------------------------------------------------------------------------------------

static uint64_t get_number(sqlite3_stmt *statement, enum column column)
{
    sqlite3_int64 value = sqlite3_column_int64(statement, column);
    return value < 0 ? 0 : (uint64_t)value;
}

// The first error of several stays.
struct texts {
    sqlite3_stmt *statement;
    struct dictionary *dictionary;
    unsigned n; // columns asked for in this row
    int error;
};

static char *get_text(struct texts *texts, enum column column)
{
    char *text = NULL;
    unsigned n = texts->n++;
    if (texts->error < 0 || sqlite3_column_type(texts->statement, column) == SQLITE_NULL)
        return NULL;
    texts->error = dictionary_find(texts->dictionary, n,
                                   sqlite3_column_int64(texts->statement, column), &text);
    return texts->error < 0 ? NULL : text;
}

static int read_row(sqlite3_stmt *statement, struct dictionary *dictionary, bool nameless,
                    struct query_row *ret)
{
    uint64_t severity = get_number(statement, COLUMN_SEVERITY);
    struct texts texts = {.statement = statement, .dictionary = dictionary};
    const char *boot = get_text(&texts, COLUMN_BOOT);
    struct query_row row = {
        .sequence = get_number(statement, COLUMN_SEQ),
        .fact = {.at = {.wall_ns = get_number(statement, COLUMN_WALL),
                        .monotonic_ns = get_number(statement, COLUMN_MONO)},
                 .severity = severity < SEVERITY_MAX ? (enum severity)severity : SEVERITY_VIOLATION,
                 .uid = sqlite3_column_type(statement, COLUMN_UID) == SQLITE_NULL
                            ? FACT_NO_UID
                            : (uint32_t)get_number(statement, COLUMN_UID),
                 .pid = (uint32_t)get_number(statement, COLUMN_PID)},
    };
    row.kind_name = get_text(&texts, COLUMN_KIND);
    row.fact.user = get_text(&texts, COLUMN_USER);
    row.fact.session = get_text(&texts, COLUMN_SESSION);
    if (!nameless) {
        row.fact.exe = get_text(&texts, COLUMN_EXE);
        row.fact.object = get_text(&texts, COLUMN_OBJECT);
    }
    row.fact.outcome = get_text(&texts, COLUMN_OUTCOME);
    row.fact.details = get_text(&texts, COLUMN_DETAILS);
    if (texts.error < 0)
        return texts.error;
    snprintf(row.fact.at.boot, sizeof row.fact.at.boot, "%s", boot ? boot : "");
    if (!row.kind_name)
        row.kind_name = "";
    if (fact_kind_from_str(row.kind_name, &row.fact.kind) < 0)
        row.fact.kind = FACT_KIND_MAX;
    *ret = row;
    return 0;
}

static int run_file(const char *path, const struct query_filter *filter, uint64_t after,
                    query_callback callback, void *context)
{
    CLEANUP(reader_close_p) sqlite3 *db = NULL;
    CLEANUP(statement_free_p) sqlite3_stmt *statement = NULL;
    CLEANUP(dictionary_free_p) struct dictionary *dictionary = NULL;
    int rc, r = reader_open(path, &db);
    if (r == 0)
        r = dictionary_new(db, &dictionary);
    if (r == 0)
        r = prepare(db, ROWS WHERE AND_KIND " ORDER BY e.seq", ROWS WHERE " ORDER BY e.seq", filter,
                    after, &statement);
    if (r < 0)
        return r;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct query_row row;
        r = read_row(statement, dictionary, filter->nameless, &row);
        if (r == 0)
            r = callback(context, &row);
        if (r != 0)
            return r;
    }
    return reader_errno(rc);
}

// Walks back over at most *left matching rows; *after becomes the sequence before the oldest.
static int step_back(const char *path, const struct query_filter *filter, uint64_t *left,
                     uint64_t *after)
{
    CLEANUP(reader_close_p) sqlite3 *db = NULL;
    CLEANUP(statement_free_p) sqlite3_stmt *statement = NULL;
    int rc = SQLITE_DONE, r = reader_open(path, &db);
    if (r < 0)
        return r;
    r = prepare(db, NEWEST WHERE AND_KIND " ORDER BY e.seq DESC",
                NEWEST WHERE " ORDER BY e.seq DESC", filter, filter->after_sequence, &statement);
    if (r < 0)
        return r;
    for (; *left > 0 && (rc = sqlite3_step(statement)) == SQLITE_ROW; --*left)
        *after = get_number(statement, 0) - 1;
    return reader_errno(rc);
}

int query_run(const char *const *paths, size_t n, const struct query_filter *filter,
              query_callback callback, void *context)
{
    uint64_t after = filter->after_sequence, left = filter->limit;
    size_t first = 0;
    if (filter->limit > 0)
        for (first = n; first > 0 && left > 0; first--) {
            int r = step_back(paths[first - 1], filter, &left, &after);
            if (r < 0)
                return r;
        }
    for (size_t i = first; i < n; i++) {
        int r = run_file(paths[i], filter, after, callback, context);
        if (r != 0)
            return r;
    }
    return 0;
}

// ---- Months ------------------------------------------------------------------------------------

static int keep_month_files(const struct dirent *entry)
{
    char month[MONTH_TEXT_SIZE];
    return months_is_name(entry->d_name, month);
}

void query_free_paths(char **paths)
{
    for (char **path = paths; path && *path; path++)
        free(*path);
    free(paths);
}

int query_list_months(const char *folder, char ***ret_paths, size_t *ret_n)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, keep_month_files, alphasort);
    if (n < 0)
        return -errno;
    CLEANUP(query_free_paths_p) char **paths = calloc((size_t)n + 1, sizeof *paths);
    bool whole = paths;
    for (int i = 0; i < n; i++) {
        if (whole)
            whole = (paths[i] = text_format("%s/%s", folder, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    if (!whole)
        return -ENOMEM;
    *ret_n = (size_t)n;
    *ret_paths = TAKE_PTR(paths);
    return 0;
}
