// SPDX-License-Identifier: GPL-3.0-or-later
// The fixed schema of a monthly file, and the comparison with it.
#include "ledger/schema.h"

#include "base/text.h"

#include <errno.h>
#include <stdbool.h>

// Every word here is the format: FORMAT.md shows the same text, and verify compares it byte by
// byte.
static const char table_text[] = "CREATE TABLE text(id INTEGER PRIMARY KEY, value TEXT NOT NULL)";

static const char table_event[] =
    "CREATE TABLE event(seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, "
    "mono_ns INTEGER NOT NULL, boot INTEGER NOT NULL, kind INTEGER NOT NULL, "
    "severity INTEGER NOT NULL, uid INTEGER, user INTEGER, session INTEGER, pid INTEGER NOT NULL, "
    "exe INTEGER, object INTEGER, outcome INTEGER, details INTEGER, mark INTEGER NOT NULL)";

static const char index_event_kind[] = "CREATE INDEX event_kind ON event(kind)";

static const char view_events[] =
    "CREATE VIEW events AS SELECT e.seq AS seq, "
    "strftime('%Y-%m-%dT%H:%M:%S', e.wall_ns / 1000000000, 'unixepoch') || "
    "printf('.%09dZ', e.wall_ns % 1000000000) AS time, "
    "e.wall_ns AS wall_ns, e.mono_ns AS mono_ns, "
    "(SELECT value FROM text WHERE id = e.boot) AS boot, "
    "(SELECT value FROM text WHERE id = e.kind) AS kind, "
    "CASE e.severity WHEN 0 THEN 'info' WHEN 1 THEN 'notice' WHEN 2 THEN 'warning' "
    "WHEN 3 THEN 'violation' END AS severity, "
    "e.uid AS uid, "
    "(SELECT value FROM text WHERE id = e.user) AS user, "
    "(SELECT value FROM text WHERE id = e.session) AS session, "
    "e.pid AS pid, "
    "(SELECT value FROM text WHERE id = e.exe) AS exe, "
    "(SELECT value FROM text WHERE id = e.object) AS object, "
    "(SELECT value FROM text WHERE id = e.outcome) AS outcome, "
    "(SELECT value FROM text WHERE id = e.details) AS details "
    "FROM event AS e";

static const char index_event_object[] = "CREATE INDEX event_object ON event(object)";

static const char index_event_details[] =
    "CREATE INDEX event_details ON event(details) WHERE details NOTNULL";

static const char index_text_path[] = "CREATE INDEX text_path ON text(value) WHERE value GLOB '/*'";

static const char index_text_to[] =
    "CREATE INDEX text_to ON text(value) WHERE value GLOB '{*\"to\":*'";

static const char table_tally[] =
    "CREATE TABLE tally(block INTEGER PRIMARY KEY, counts BLOB NOT NULL)";

// In the order in which VACUUM leaves them, too: tables, indexes, views.
const struct schema_object schema_objects[] = {
    {"table", "text", "text", table_text, 1},
    {"table", "event", "event", table_event, 1},
    {"table", "tally", "tally", table_tally, 2},
    {"index", "event_kind", "event", index_event_kind, 1},
    {"index", "event_object", "event", index_event_object, 2},
    {"index", "event_details", "event", index_event_details, 2},
    {"index", "text_path", "text", index_text_path, 2},
    {"index", "text_to", "text", index_text_to, 2},
    {"view", "events", "events", view_events, 1},
};
const size_t schema_n_objects = ELEMENTS(schema_objects);

#define STRINGIFY_(x) #x
#define STRINGIFY(x) STRINGIFY_(x)

int schema_create(sqlite3 *db)
{
    int rc = sqlite3_exec(
        db,
        "PRAGMA page_size = " STRINGIFY(
            SCHEMA_PAGE_SIZE) ";"
                              "PRAGMA encoding = 'UTF-8';"
                              "PRAGMA auto_vacuum = NONE;"
                              "PRAGMA application_id = " STRINGIFY(
                                  SCHEMA_APPLICATION_ID) ";"
                                                         "PRAGMA user_version = " STRINGIFY(
                                                             SCHEMA_VERSION) ";",
        NULL, NULL, NULL);
    for (size_t i = 0; rc == SQLITE_OK && i < schema_n_objects; i++)
        rc = sqlite3_exec(db, schema_objects[i].sql, NULL, NULL, NULL);
    return rc;
}

// 1 if the pragma answers anything but `expected`.
static int compare_setting(sqlite3 *db, const char *pragma, const char *expected)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, pragma, -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    int rc = sqlite3_step(statement);
    int r = rc != SQLITE_ROW
                ? -EIO
                : !text_equal((const char *)sqlite3_column_text(statement, 0), expected);
    (void)sqlite3_finalize(statement);
    return r;
}

static bool is_object(sqlite3_stmt *row, const struct schema_object *expected)
{
    return text_equal((const char *)sqlite3_column_text(row, 0), expected->type) &&
           text_equal((const char *)sqlite3_column_text(row, 1), expected->name) &&
           text_equal((const char *)sqlite3_column_text(row, 2), expected->table) &&
           text_equal((const char *)sqlite3_column_text(row, 3), expected->sql);
}

static char *name_of_column(sqlite3_stmt *row, int column)
{
    const void *text = sqlite3_column_blob(row, column);
    return text_escape(text ? text : "", text ? (size_t)sqlite3_column_bytes(row, column) : 0, 64);
}

static char *name_object(sqlite3_stmt *row)
{
    CLEANUP_FREE char *type = name_of_column(row, 0);
    CLEANUP_FREE char *name = name_of_column(row, 1);
    return type && name ? text_format("%s \"%s\"", type, name) : NULL;
}

// The next one that a file of this version has; NULL behind the last.
static const struct schema_object *next_object(size_t *i, int version)
{
    while (*i < schema_n_objects && schema_objects[*i].since > version)
        ++*i;
    return *i < schema_n_objects ? &schema_objects[(*i)++] : NULL;
}

static int compare_objects(sqlite3 *db, int version, char **ret_what)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid",
                           -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    size_t i = 0;
    int rc, r = 0;
    while (r == 0 && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct schema_object *expected = next_object(&i, version);
        if (!expected || !is_object(statement, expected)) {
            *ret_what = name_object(statement);
            r = 1;
        }
    }
    if (r == 0 && rc != SQLITE_DONE)
        r = -EIO;
    const struct schema_object *missing = r == 0 ? next_object(&i, version) : NULL;
    if (missing) {
        *ret_what = text_format("%s \"%s\"", missing->type, missing->name);
        r = 1;
    }
    (void)sqlite3_finalize(statement);
    return r;
}

static int read_version(sqlite3 *db, int *ret)
{
    int r = compare_setting(db, "PRAGMA user_version", STRINGIFY(SCHEMA_VERSION));
    *ret = SCHEMA_VERSION;
    if (r <= 0)
        return r;
    *ret = 1;
    return compare_setting(db, "PRAGMA user_version", "1");
}

int schema_compare(sqlite3 *db, char **ret_what)
{
    int version;
    static const struct {
        const char *name, *pragma, *expected;
    } settings[] = {
        {"application_id", "PRAGMA application_id", STRINGIFY(SCHEMA_APPLICATION_ID)},
        {"encoding", "PRAGMA encoding", "UTF-8"},
        {"page_size", "PRAGMA page_size", STRINGIFY(SCHEMA_PAGE_SIZE)},
        {"auto_vacuum", "PRAGMA auto_vacuum", "0"},
    };
    for (size_t i = 0; i < ELEMENTS(settings); i++) {
        int r = compare_setting(db, settings[i].pragma, settings[i].expected);
        if (r > 0)
            *ret_what = text_dup(settings[i].name);
        if (r != 0)
            return r;
    }
    int r = read_version(db, &version);
    if (r > 0)
        *ret_what = text_dup("user_version");
    return r != 0 ? r : compare_objects(db, version, ret_what);
}
