// SPDX-License-Identifier: GPL-3.0-or-later
// Only what is asked for stands in the statement, so that SQLite finds the index that fits. A row
// holds numbers: a text that is asked for becomes its numbers first. That a file has no indexes but
// that of kinds (version 1) costs time and nothing else.
#include "ledger/query-statement.h"

#include "base/text.h"
#include "ledger/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS                                                                                    \
    "e.seq, e.wall_ns, e.mono_ns, e.boot, e.kind, e.severity, e.uid, e.user, e.session, e.pid, "   \
    "e.exe, e.object, e.outcome, e.details"

// Kinds are few and indexed: step from one to the next.
static const char used_kinds[] =
    "WITH RECURSIVE used(id) AS (SELECT min(kind) FROM event UNION ALL "
    "SELECT (SELECT min(kind) FROM event WHERE kind > used.id) FROM used "
    "WHERE used.id IS NOT NULL) "
    "SELECT text.id, text.value FROM used JOIN text ON text.id = used.id";

// The conditions of the indexes text_path and text_to are repeated word by word: that is how SQLite
// knows that they may serve.
#define AN_ABSOLUTE_PATH "value GLOB '/*' AND value >= :path_from AND value < :path_to AND "
#define TO_A_PATH                                                                                  \
    "value GLOB '{*\"to\":*' AND (instr(value, :path_word) > 0 OR instr(value, '\\u') > 0) "       \
    "AND CASE WHEN json_valid(value) THEN json_extract(value, '$.to') END GLOB :path"
#define OF_A_PATH(which)                                                                           \
    " AND e.seq IN (SELECT seq FROM event WHERE object IN "                                        \
    "(SELECT id FROM text WHERE " which "value GLOB :path) UNION "                                 \
    "SELECT seq FROM event WHERE details NOTNULL AND details IN "                                  \
    "(SELECT id FROM text WHERE " TO_A_PATH "))"

// ---- Kinds -------------------------------------------------------------------------------------

static bool is_wanted(const struct query_filter *filter, const char *name)
{
    if (!filter->kind)
        return text_equal(name, filter->without); // these are left out
    return sqlite3_strglob(filter->kind, name) == 0 && !text_equal(name, filter->without);
}

// "1,17": the numbers of the kinds that are asked for or, without such, of the one left out. *ret_n
// is how many.
static int list_kinds(sqlite3 *db, const struct query_filter *filter, FILE *list, size_t *ret_n)
{
    CLEANUP(query_finalize_p) sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, used_kinds, -1, &statement, NULL);
    size_t n = 0;
    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 1);
        if (name && is_wanted(filter, name))
            fprintf(list, "%s%lld", n++ > 0 ? "," : "", sqlite3_column_int64(statement, 0));
        rc = SQLITE_OK;
    }
    *ret_n = n;
    return reader_errno(rc);
}

// One kind alone comes in the order of its index; of several the rows are sorted. A kind that is
// left out is no use to an index: "+".
static int write_kinds(sqlite3 *db, const struct query_filter *filter, FILE *sql)
{
    CLEANUP_FREE char *list = NULL;
    size_t length, n = 0;
    if (!filter->kind && !filter->without)
        return 0;
    FILE *out = open_memstream(&list, &length);
    if (!out)
        return -ENOMEM;
    int r = list_kinds(db, filter, out, &n);
    if (fclose(out) != 0)
        r = -ENOMEM;
    if (r < 0)
        return r;
    if (!filter->kind)
        fprintf(sql, " AND +e.kind NOT IN (%s)", list);
    else if (n == 0)
        fputs(" AND e.kind = 0", sql); // there is none, and its index knows
    else
        fprintf(sql, n == 1 ? " AND e.kind = %s" : " AND e.kind IN (%s)", list);
    return 0;
}

// ---- Paths -------------------------------------------------------------------------------------

// What every match begins with, and the least text that begins greater.
struct prefix {
    char *from, *to;
};

static void prefix_clear(struct prefix *prefix)
{
    free(prefix->from);
    free(prefix->to);
}

static int prefix_of(const char *glob, struct prefix *ret)
{
    size_t length = strcspn(glob, "*?[");
    CLEANUP_FREE char *from = strndup(glob, length);
    CLEANUP_FREE char *to = strndup(glob, length);
    if (!from || !to)
        return -ENOMEM;
    while (length > 1 && to[length - 1] == '\xff')
        length--;
    to[length] = '\0';
    to[length - 1]++; // the first one is a slash
    *ret = (struct prefix){TAKE_PTR(from), TAKE_PTR(to)};
    return 0;
}

// The longest part that stands in JSON as it is: most details need no parsing.
static char *word_of(const char *glob)
{
    const char *longest = glob;
    size_t most = 0;
    for (const char *p = glob; *p;) {
        size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
        if (*p == '[') { // whatever stands in it stands for one character
            n = 0;
            p = strchr(p, ']') ? p : p + strlen(p) - 1;
        }
        if (n > most) {
            longest = p;
            most = n;
        }
        p += n > 0 ? n : 1;
    }
    return strndup(longest, most);
}

// ---- The statement -----------------------------------------------------------------------------

static int write_statement(sqlite3 *db, const struct query_filter *filter, bool backwards,
                           FILE *sql)
{
    fprintf(sql, "SELECT %s FROM event AS e WHERE e.seq > :after", backwards ? "e.seq" : COLUMNS);
    if (filter->since_ns > 0)
        fputs(" AND e.wall_ns >= :since", sql);
    if (filter->until_ns > 0)
        fputs(" AND e.wall_ns < :until", sql);
    if (filter->severity > 0)
        fputs(" AND e.severity >= :severity", sql);
    if (filter->user)
        fputs(" AND e.user IN (SELECT id FROM text WHERE value = :user)", sql);
    if (filter->path)
        fputs(filter->path[0] == '/' ? OF_A_PATH(AN_ABSOLUTE_PATH) : OF_A_PATH(""), sql);
    int r = write_kinds(db, filter, sql);
    fprintf(sql, " ORDER BY e.seq%s", backwards ? " DESC" : "");
    return r;
}

// Of a name that the statement does not have nothing is bound.
static int bind_number(sqlite3_stmt *statement, const char *name, uint64_t value)
{
    int index = sqlite3_bind_parameter_index(statement, name);
    sqlite3_int64 number = value > INT64_MAX ? INT64_MAX : (sqlite3_int64)value;
    return index == 0 ? SQLITE_OK : sqlite3_bind_int64(statement, index, number);
}

static int bind_text(sqlite3_stmt *statement, const char *name, const char *value)
{
    int index = sqlite3_bind_parameter_index(statement, name);
    return index == 0 ? SQLITE_OK
                      : sqlite3_bind_text(statement, index, value, -1, SQLITE_TRANSIENT);
}

static int bind_path(sqlite3_stmt *statement, const char *path)
{
    CLEANUP(prefix_clear) struct prefix prefix = {0};
    CLEANUP_FREE char *word = word_of(path);
    int r = path[0] == '/' ? prefix_of(path, &prefix) : 0;
    if (r < 0 || !word)
        return SQLITE_NOMEM;
    int rc = bind_text(statement, ":path", path);
    if (rc == SQLITE_OK)
        rc = bind_text(statement, ":path_word", word);
    if (rc == SQLITE_OK)
        rc = bind_text(statement, ":path_from", prefix.from);
    return rc == SQLITE_OK ? bind_text(statement, ":path_to", prefix.to) : rc;
}

static int bind_filter(sqlite3_stmt *statement, const struct query_filter *filter, uint64_t after)
{
    int rc = bind_number(statement, ":after", after);
    if (rc == SQLITE_OK)
        rc = bind_number(statement, ":since", filter->since_ns);
    if (rc == SQLITE_OK)
        rc = bind_number(statement, ":until", filter->until_ns);
    if (rc == SQLITE_OK && filter->severity > 0)
        rc = bind_number(statement, ":severity", (uint64_t)filter->severity);
    if (rc == SQLITE_OK)
        rc = bind_text(statement, ":user", filter->user);
    return rc == SQLITE_OK && filter->path ? bind_path(statement, filter->path) : rc;
}

int query_prepare(sqlite3 *db, const struct query_filter *filter, uint64_t after, bool backwards,
                  sqlite3_stmt **ret)
{
    CLEANUP(query_finalize_p) sqlite3_stmt *statement = NULL;
    CLEANUP_FREE char *text = NULL;
    size_t length;
    FILE *sql = open_memstream(&text, &length);
    if (!sql)
        return -ENOMEM;
    int r = write_statement(db, filter, backwards, sql);
    if (fclose(sql) != 0)
        r = -ENOMEM;
    if (r < 0)
        return r;
    int rc = sqlite3_prepare_v2(db, text, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = bind_filter(statement, filter, after);
    if (rc != SQLITE_OK)
        return reader_errno(rc);
    *ret = TAKE_PTR(statement);
    return 0;
}
