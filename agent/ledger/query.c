// SPDX-License-Identifier: GPL-3.0-or-later
// One statement a file, and what it gives as rows; the files one after the other.
#include "ledger/query.h"

#include "base/text.h"
#include "ledger/dictionary.h"
#include "ledger/months.h"
#include "ledger/query-statement.h"
#include "ledger/reader.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

// ---- Rows --------------------------------------------------------------------------------------

static uint64_t get_number(sqlite3_stmt *statement, enum query_column column)
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

static char *get_text(struct texts *texts, enum query_column column)
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
    uint64_t severity = get_number(statement, QUERY_SEVERITY);
    struct texts texts = {.statement = statement, .dictionary = dictionary};
    const char *boot = get_text(&texts, QUERY_BOOT);
    struct query_row row = {
        .sequence = get_number(statement, QUERY_SEQ),
        .fact = {.at = {.wall_ns = get_number(statement, QUERY_WALL),
                        .monotonic_ns = get_number(statement, QUERY_MONO)},
                 .severity = severity < SEVERITY_MAX ? (enum severity)severity : SEVERITY_VIOLATION,
                 .uid = sqlite3_column_type(statement, QUERY_UID) == SQLITE_NULL
                            ? FACT_NO_UID
                            : (uint32_t)get_number(statement, QUERY_UID),
                 .pid = (uint32_t)get_number(statement, QUERY_PID)},
    };
    row.kind_name = get_text(&texts, QUERY_KIND);
    row.fact.user = get_text(&texts, QUERY_USER);
    row.fact.session = get_text(&texts, QUERY_SESSION);
    if (!nameless) {
        row.fact.exe = get_text(&texts, QUERY_EXE);
        row.fact.object = get_text(&texts, QUERY_OBJECT);
    }
    row.fact.outcome = get_text(&texts, QUERY_OUTCOME);
    row.fact.details = get_text(&texts, QUERY_DETAILS);
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
    CLEANUP(query_finalize_p) sqlite3_stmt *statement = NULL;
    CLEANUP(dictionary_free_p) struct dictionary *dictionary = NULL;
    int rc, r = reader_open(path, &db);
    if (r == 0)
        r = dictionary_new(db, &dictionary);
    if (r == 0)
        r = query_prepare(db, filter, after, false, &statement);
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
    CLEANUP(query_finalize_p) sqlite3_stmt *statement = NULL;
    int rc = SQLITE_DONE, r = reader_open(path, &db);
    if (r < 0)
        return r;
    r = query_prepare(db, filter, filter->after_sequence, true, &statement);
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
