// SPDX-License-Identifier: GPL-3.0-or-later
// One statement a file, and what it gives as rows; the files one after the other.
#include "ledger/query.h"

#include "base/text.h"
#include "ledger/dictionary.h"
#include "ledger/months.h"
#include "ledger/query-statement.h"
#include "ledger/reader.h"
#include "ledger/tally.h"

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

// Names of kinds are compared once for each number.
struct kinds {
    struct {
        sqlite3_int64 id; // 0: empty
        enum fact_kind kind;
    } slots[64];
};

static enum fact_kind kind_of(struct kinds *kinds, sqlite3_int64 id, const char *name)
{
    size_t i = (sqlite3_uint64)id % ELEMENTS(kinds->slots);
    if (kinds->slots[i].id != id) {
        kinds->slots[i].id = id;
        if (fact_kind_from_str(name, &kinds->slots[i].kind) < 0)
            kinds->slots[i].kind = FACT_KIND_MAX;
    }
    return kinds->slots[i].kind;
}

static int read_row(sqlite3_stmt *statement, struct dictionary *dictionary, struct kinds *kinds,
                    bool nameless, struct query_row *ret)
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
    row.fact.kind = kind_of(kinds, sqlite3_column_int64(statement, QUERY_KIND), row.kind_name);
    *ret = row;
    return 0;
}

static int run_file(const char *path, const struct query_filter *filter, uint64_t after,
                    query_callback callback, void *context)
{
    CLEANUP(reader_close_p) sqlite3 *db = NULL;
    CLEANUP(query_finalize_p) sqlite3_stmt *statement = NULL;
    CLEANUP(dictionary_free_p) struct dictionary *dictionary = NULL;
    struct kinds kinds = {0};
    int rc, r = reader_open(path, &db);
    if (r == 0)
        r = dictionary_new(db, &dictionary);
    if (r == 0)
        r = query_prepare(db, filter, after, false, &statement);
    if (r < 0)
        return r;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        struct query_row row;
        r = read_row(statement, dictionary, &kinds, filter->nameless, &row);
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

// ---- Totals ------------------------------------------------------------------------------------

struct totals {
    query_total_callback callback;
    void *context;
    struct dictionary *dictionary;
    uint64_t first; // block of the file's first row
    struct kinds kinds;
};

static int give_total(void *context, const struct tally_entry *entry)
{
    struct totals *totals = context;
    char *kind = NULL, *user = NULL;
    int r = dictionary_find(totals->dictionary, 0, (sqlite3_int64)entry->kind, &kind);
    if (r == 0 && entry->user != 0)
        r = dictionary_find(totals->dictionary, 1, (sqlite3_int64)entry->user, &user);
    if (r < 0)
        return r;
    const struct query_total total = {
        .begin_ns = entry->quarter * TALLY_QUARTER_NS,
        .kind = kind_of(&totals->kinds, (sqlite3_int64)entry->kind, kind ? kind : ""),
        .user = user,
        .uid = entry->uid > 0 ? (uint32_t)(entry->uid - 1) : FACT_NO_UID,
        .refused = entry->refused != 0,
        .times = entry->times,
    };
    return totals->callback(totals->context, &total);
}

// Blocks have to follow each other from the file's first row on: behind a hole the rows count.
static int give_blocks(sqlite3 *db, struct totals *totals, uint64_t *ret_counted)
{
    CLEANUP(query_finalize_p) sqlite3_stmt *statement = NULL;
    uint64_t counted = 0;
    int rc = sqlite3_prepare_v2(db, "SELECT block, counts FROM tally ORDER BY block", -1,
                                &statement, NULL);
    if (rc == SQLITE_ERROR) { // there is no such table: version 1
        *ret_counted = 0;
        return 0;
    }
    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        uint64_t block = (uint64_t)sqlite3_column_int64(statement, 0);
        const void *blob = sqlite3_column_blob(statement, 1);
        if (block != (counted == 0 ? totals->first : counted / TALLY_BLOCK))
            break;
        int r = tally_read(blob ? blob : "", (size_t)sqlite3_column_bytes(statement, 1), give_total,
                           totals);
        if (r != 0)
            return r;
        counted = (block + 1) * TALLY_BLOCK;
        rc = SQLITE_OK;
    }
    if (rc == SQLITE_OK || reader_errno(rc) == 0)
        *ret_counted = counted;
    return rc == SQLITE_OK ? 0 : reader_errno(rc);
}

static int read_first_block(sqlite3 *db, uint64_t *ret)
{
    CLEANUP(query_finalize_p) sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT min(seq) FROM event", -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW)
        return reader_errno(rc);
    sqlite3_int64 first = sqlite3_column_int64(statement, 0);
    *ret = first > 0 ? tally_block((uint64_t)first) : 0;
    return 0;
}

int query_totals(const char *path, query_total_callback callback, void *context,
                 uint64_t *ret_counted)
{
    CLEANUP(reader_close_p) sqlite3 *db = NULL;
    CLEANUP(dictionary_free_p) struct dictionary *dictionary = NULL;
    struct totals totals = {.callback = callback, .context = context};
    int r = reader_open(path, &db);
    if (r == 0)
        r = dictionary_new(db, &dictionary);
    totals.dictionary = dictionary;
    if (r == 0)
        r = read_first_block(db, &totals.first);
    return r < 0 ? r : give_blocks(db, &totals, ret_counted);
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
