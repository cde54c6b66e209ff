// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of registers.db.
#include "ledger/registers-file.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/registers.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

struct registers_file {
    sqlite3 *db;
};

// Rows are synced by the ledger; this file only has to be consistent, which WAL is without a sync
// of each commit: nothing here makes the caller wait for the disk.
#define SETTINGS "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA trusted_schema=OFF;"
#define VERSION 3
// Version 1 had approvals only, under other names.
#define FROM_VERSION_1                                                                             \
    "ALTER TABLE approval RENAME TO approvals;"                                                    \
    "ALTER TABLE approvals RENAME COLUMN approval TO entry;"
#define FROM_NOTHING                                                                               \
    "CREATE TABLE projected(row INTEGER NOT NULL);"                                                \
    "INSERT INTO projected VALUES(0);"

static void statement_free_p(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}

static int to_errno(int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return 0;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: // a table or column that is not there
    case SQLITE_CONSTRAINT:
        return -EBADMSG;
    default:
        return -EIO;
    }
}

static int execute(struct registers_file *file, const char *sql)
{
    return to_errno(sqlite3_exec(file->db, sql, NULL, NULL, NULL));
}

static int prepare(struct registers_file *file, const char *sql, sqlite3_stmt **ret)
{
    return to_errno(sqlite3_prepare_v2(file->db, sql, -1, ret, NULL));
}

// One number, the first column of the only row.
static int read_number(struct registers_file *file, const char *sql, sqlite3_int64 *ret)
{
    CLEANUP(statement_free_p) sqlite3_stmt *statement = NULL;
    int r = prepare(file, sql, &statement);
    if (r < 0)
        return r;
    int rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW)
        return rc == SQLITE_DONE ? -EBADMSG : to_errno(rc);
    if (sqlite3_column_type(statement, 0) != SQLITE_INTEGER)
        return -EBADMSG;
    *ret = sqlite3_column_int64(statement, 0);
    return 0;
}

// ---- Opening -----------------------------------------------------------------------------------

// SQLite would make it with the umask's rights; -wal and -shm take over those of the file.
static int make_private(int state)
{
    CLEANUP_CLOSE int fd =
        openat(state, REGISTERS_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    return fchmod(fd, 0600) < 0 ? -errno : 0;
}

// A register that an older version did not know has no table yet. Nothing of it was written before,
// so it lags behind as one without entries does; one that was taken away differs.
static int add_tables(struct registers_file *file)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < REGISTERS_N; i++) {
        char sql[128];
        (void)snprintf(
            sql, sizeof sql,
            "CREATE TABLE IF NOT EXISTS %s(number INTEGER PRIMARY KEY, entry TEXT NOT NULL)",
            register_kinds[i]->name);
        r = execute(file, sql);
    }
    return r;
}

static int upgrade(struct registers_file *file, sqlite3_int64 version)
{
    char sql[32];
    int r = execute(file, "BEGIN IMMEDIATE");
    if (r < 0)
        return r;
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version=%d", VERSION);
    if (version < 2)
        r = execute(file, version == 0 ? FROM_NOTHING : FROM_VERSION_1);
    if (r == 0)
        r = add_tables(file);
    if (r == 0)
        r = execute(file, sql);
    if (r == 0)
        return execute(file, "COMMIT");
    (void)execute(file, "ROLLBACK"); // what failed is reported; this only ends the attempt
    return r;
}

static int set_up(struct registers_file *file)
{
    sqlite3_int64 version, objects;
    int r = execute(file, SETTINGS);
    if (r == 0)
        r = read_number(file, "PRAGMA user_version", &version);
    if (r == 0)
        r = read_number(file, "SELECT count(*) FROM sqlite_schema", &objects);
    if (r < 0)
        return r;
    if (version < 0 || version > VERSION || (version == 0 && objects > 0))
        return -EBADMSG;
    return upgrade(file, version);
}

int registers_file_open(int state, const char *state_path, struct registers_file **ret)
{
    CLEANUP(registers_file_close_p) struct registers_file *file = calloc(1, sizeof *file);
    CLEANUP_FREE char *path = text_format("%s/%s", state_path, REGISTERS_FILE);
    if (!file || !path)
        return -ENOMEM;
    int r = make_private(state);
    if (r < 0)
        return r;
    int rc = sqlite3_open_v2(path, &file->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
    if (rc != SQLITE_OK)
        return to_errno(rc);
    r = set_up(file);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(file);
    return 0;
}

void registers_file_close(struct registers_file *file)
{
    if (!file)
        return;
    (void)sqlite3_close(file->db);
    free(file);
}

int registers_file_remove(int state)
{
    static const char *const names[] = {REGISTERS_FILE, REGISTERS_FILE "-wal",
                                        REGISTERS_FILE "-shm", REGISTERS_FILE "-journal"};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        if (unlinkat(state, names[i], 0) < 0 && errno != ENOENT)
            return -errno;
    return 0;
}

// ---- Content -----------------------------------------------------------------------------------

int registers_file_last(struct registers_file *file, uint64_t *ret_sequence)
{
    sqlite3_int64 rows, last;
    int r = read_number(file, "SELECT count(*) FROM projected", &rows);
    if (r == 0)
        r = read_number(file, "SELECT row FROM projected", &last);
    if (r < 0)
        return r;
    if (rows != 1 || last < 0)
        return -EBADMSG;
    *ret_sequence = (uint64_t)last;
    return 0;
}

static int write_entry(const struct register_kind *kind, const void *entry, char **ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = kind->to_object(entry, &object);
    return r < 0 ? r : json_to_text(object, ret);
}

static int is_same(sqlite3_stmt *statement, const struct register_kind *kind, void *entry,
                   bool *ret)
{
    CLEANUP_FREE char *expected = NULL;
    int r = write_entry(kind, entry, &expected);
    if (r < 0)
        return r;
    const char *found = (const char *)sqlite3_column_text(statement, 1);
    *ret = sqlite3_column_int64(statement, 0) == (sqlite3_int64)*kind->number(entry) &&
           text_equal(found, expected);
    return 0;
}

static int prepare_for(struct registers_file *file, const struct register_set *set,
                       const char *before, const char *behind, sqlite3_stmt **ret)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "%s %s %s", before, set->kind->name, behind);
    return prepare(file, sql, ret);
}

static int compare_one(struct registers_file *file, const struct register_set *set, bool *ret_equal)
{
    CLEANUP(statement_free_p) sqlite3_stmt *statement = NULL;
    const struct register_list *list = &set->current;
    int rc, r = prepare_for(file, set, "SELECT number, entry FROM", "ORDER BY number", &statement);
    if (r < 0)
        return r;
    bool equal = true;
    size_t n = 0;
    while (equal && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (n == list->n) {
            equal = false;
            break;
        }
        r = is_same(statement, set->kind, list->items[n++], &equal);
        if (r < 0)
            return r;
    }
    if (equal && rc != SQLITE_DONE)
        return to_errno(rc);
    *ret_equal = equal && n == list->n;
    return 0;
}

int registers_file_compare(struct registers_file *file, const struct register_set *sets,
                           bool *ret_equal)
{
    bool equal = true;
    for (size_t i = 0; equal && i < REGISTERS_N; i++) {
        int r = compare_one(file, &sets[i], &equal);
        if (r < 0)
            return r;
    }
    *ret_equal = equal;
    return 0;
}

static int insert(sqlite3_stmt *statement, const struct register_kind *kind, void *entry)
{
    CLEANUP_FREE char *json = NULL;
    int r = write_entry(kind, entry, &json);
    if (r < 0)
        return r;
    int rc = sqlite3_bind_int64(statement, 1, (sqlite3_int64)*kind->number(entry));
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, 2, json, -1, SQLITE_TRANSIENT);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    r = to_errno(rc);
    return r < 0 ? r : to_errno(sqlite3_reset(statement));
}

static int replace_one(struct registers_file *file, const struct register_set *set)
{
    CLEANUP(statement_free_p) sqlite3_stmt *none = NULL, *statement = NULL;
    int r = prepare_for(file, set, "DELETE FROM", "", &none);
    if (r == 0)
        r = to_errno(sqlite3_step(none));
    if (r == 0)
        r = prepare_for(file, set, "INSERT INTO", "VALUES(?, ?)", &statement);
    for (size_t i = 0; r == 0 && i < set->current.n; i++)
        r = insert(statement, set->kind, set->current.items[i]);
    return r;
}

static int replace_changed(struct registers_file *file, const struct register_set *sets,
                           uint64_t sequence)
{
    char update[64];
    snprintf(update, sizeof update, "UPDATE projected SET row = %llu",
             (unsigned long long)sequence);
    int r = execute(file, update);
    for (size_t i = 0; r == 0 && i < REGISTERS_N; i++)
        if (sets[i].changed)
            r = replace_one(file, &sets[i]);
    return r;
}

int registers_file_write(struct registers_file *file, const struct register_set *sets,
                         uint64_t sequence)
{
    int r = execute(file, "BEGIN IMMEDIATE");
    if (r < 0)
        return -EIO;
    r = replace_changed(file, sets, sequence);
    if (r == 0)
        r = execute(file, "COMMIT");
    if (r < 0) {
        (void)execute(file, "ROLLBACK"); // what failed is reported; this only ends the attempt
        return r == -ENOMEM ? r : -EIO;
    }
    return 0;
}
