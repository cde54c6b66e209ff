// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite, as the ledger writes with it.
#include "ledger/store.h"

#include "base/text.h"
#include "ledger/rows.h"
#include "ledger/schema.h"
#include "ledger/tally.h"
#include "ledger/texts.h"

#include <errno.h>

#define BUSY_TIMEOUT_MS 2000
#define CACHE_KIB "2048"         // the pages of the indexes that a day of work touches
#define INTERNED_LENGTH_MAX 1024 // longer texts hardly ever come twice
#define WARM_UP "4096"           // the first texts of a month are its kinds, users and programs

struct store {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *rollback, *insert_event, *insert_text, *insert_tally;
    struct texts *texts;
    struct tally *tally;     // NULL: a file of version 1 has none
    bool tallied;            // `tally` has all rows of the block that is not full yet
    uint64_t last_text;      // highest id in use, this transaction's too
    uint64_t committed_text; // highest id that is durable
};

static int error_of(sqlite3 *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return 0;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_SCHEMA:
        return -EBADMSG;
    case SQLITE_NOMEM:
        return -ENOMEM;
    default: // SQLite says "I/O error" for some kinds of a full disk
        return db && sqlite3_system_errno(db) == ENOSPC ? -ENOSPC : -EIO;
    }
}

static int run(struct store *store, const char *sql)
{
    return error_of(store->db, sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

static int open_db(const char *path, struct store **ret)
{
    CLEANUP(store_free_p) struct store *store = calloc(1, sizeof *store);
    if (!store)
        return -ENOMEM;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOMUTEX;
    int r = error_of(NULL, sqlite3_open_v2(path, &store->db, flags, NULL));
    if (r < 0)
        return r;
    (void)sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    // Evidence that turns out to be damaged is left as it was found.
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    // The daemon's memory does not grow with the month: what the cache lacks the kernel's has.
    r = run(store, "PRAGMA cache_size = -" CACHE_KIB);
    if (r == 0)
        r = run(store,
                "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
                "PRAGMA mmap_size = 0; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF");
    if (r < 0)
        return r;
    *ret = TAKE_PTR(store);
    return 0;
}

static int prepare(struct store *store)
{
    const struct {
        const char *sql;
        sqlite3_stmt **statement;
    } all[] = {
        {"BEGIN IMMEDIATE", &store->begin},
        {"COMMIT", &store->commit},
        {"ROLLBACK", &store->rollback},
        {"INSERT INTO event(seq, wall_ns, mono_ns, severity, uid, pid, mark, boot, kind, user, "
         "session, exe, object, outcome, details) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
         &store->insert_event},
        {"INSERT INTO text(id, value) VALUES(?,?)", &store->insert_text},
    };
    for (size_t i = 0; i < ELEMENTS(all); i++) {
        int rc = sqlite3_prepare_v3(store->db, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                    all[i].statement, NULL);
        if (rc != SQLITE_OK)
            return error_of(store->db, rc);
    }
    return texts_new(&store->texts);
}

static int prepare_tally(struct store *store)
{
    int rc = sqlite3_prepare_v3(store->db, "INSERT INTO tally(block, counts) VALUES(?,?)", -1,
                                SQLITE_PREPARE_PERSISTENT, &store->insert_tally, NULL);
    if (rc == SQLITE_ERROR) // there is no such table: version 1
        return 0;
    return rc == SQLITE_OK ? tally_new(&store->tally) : error_of(store->db, rc);
}

static int warm_up(struct store *store)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, "SELECT id, value FROM text ORDER BY id LIMIT " WARM_UP,
                                -1, &statement, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *value = (const char *)sqlite3_column_text(statement, 1);
        int length = sqlite3_column_bytes(statement, 1);
        if (value && length <= INTERNED_LENGTH_MAX)
            (void)texts_remember_value(store->texts, (uint64_t)sqlite3_column_int64(statement, 0),
                                       value, (uint32_t)length);
        rc = SQLITE_OK;
    }
    (void)sqlite3_finalize(statement);
    return error_of(store->db, rc);
}

static int read_last_text(struct store *store)
{
    sqlite3_stmt *statement = NULL;
    int rc =
        sqlite3_prepare_v2(store->db, "SELECT ifnull(max(id), 0) FROM text", -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        store->last_text = store->committed_text = (uint64_t)sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return error_of(store->db, rc);
}

int store_open(const char *path, struct store **ret)
{
    CLEANUP(store_free_p) struct store *store = NULL;
    int r = open_db(path, &store);
    if (r == 0)
        r = prepare(store);
    if (r == 0)
        r = prepare_tally(store);
    if (r == 0)
        r = read_last_text(store);
    if (r == 0)
        r = warm_up(store);
    if (r == 0)
        *ret = TAKE_PTR(store);
    return r;
}

int store_create(const char *path, struct store **ret)
{
    CLEANUP(store_free_p) struct store *store = NULL;
    int r = open_db(path, &store);
    if (r == 0)
        r = error_of(store->db, schema_create(store->db));
    if (r == 0)
        r = prepare(store);
    if (r == 0)
        r = prepare_tally(store);
    if (r == 0)
        *ret = TAKE_PTR(store);
    return r;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    (void)sqlite3_finalize(store->begin);
    (void)sqlite3_finalize(store->commit);
    (void)sqlite3_finalize(store->rollback);
    (void)sqlite3_finalize(store->insert_event);
    (void)sqlite3_finalize(store->insert_text);
    (void)sqlite3_finalize(store->insert_tally);
    (void)sqlite3_close(store->db);
    texts_free(store->texts);
    tally_free(store->tally);
    free(store);
}

static int step(struct store *store, sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);
    int r = rc == SQLITE_DONE ? 0 : error_of(store->db, rc);
    (void)sqlite3_reset(statement);
    return r;
}

// ---- Totals ------------------------------------------------------------------------------------

static int read_number(struct store *store, const char *sql, uint64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *ret = (uint64_t)sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return error_of(store->db, rc);
}

// What is durable of the block that is not full yet, after a start or a transaction that failed.
static int count_again(struct store *store)
{
    CLEANUP(rows_free_p) struct rows *rows = NULL;
    struct ledger_row row;
    uint64_t last;
    tally_clear(store->tally);
    int r = read_number(store, "SELECT ifnull(max(seq), 0) FROM event", &last);
    if (r == 0)
        r = rows_new(store->db, &rows);
    if (r == 0)
        r = rows_seek(rows, last - last % TALLY_BLOCK + 1);
    while (r == 0 && (r = rows_next(rows, &row)) > 0) {
        if (!row.malformed)
            tally_add(store->tally, &row.row, row.ids);
        r = 0;
    }
    store->tallied = r == 0;
    return r;
}

static int add_to_tally(struct store *store, const struct fact_row *row,
                        const uint64_t ids[FACT_TEXT_MAX])
{
    CLEANUP_FREE uint8_t *blob = NULL;
    size_t size;
    if (!store->tally)
        return 0;
    tally_add(store->tally, row, ids);
    if (!tally_ends(row->sequence))
        return 0;
    int r = tally_take(store->tally, &blob, &size);
    if (r < 0)
        return r;
    (void)sqlite3_bind_int64(store->insert_tally, 1, (sqlite3_int64)tally_block(row->sequence));
    (void)sqlite3_bind_blob(store->insert_tally, 2, blob, (int)size, SQLITE_STATIC);
    return step(store, store->insert_tally);
}

// ---- Rows --------------------------------------------------------------------------------------

int store_begin(struct store *store)
{
    int r = store->tally && !store->tallied ? count_again(store) : 0;
    return r < 0 ? r : step(store, store->begin);
}

static int intern(struct store *store, const struct fact_text *text, uint64_t *ret_id)
{
    bool keep = text->length <= INTERNED_LENGTH_MAX;
    const struct text_entry *known =
        keep ? texts_by_value(store->texts, text->data, text->length) : NULL;
    if (known) {
        *ret_id = known->id;
        return 0;
    }
    uint64_t id = store->last_text + 1;
    (void)sqlite3_bind_int64(store->insert_text, 1, (sqlite3_int64)id);
    (void)sqlite3_bind_text(store->insert_text, 2, text->data, (int)text->length, SQLITE_STATIC);
    int r = step(store, store->insert_text);
    if (r < 0)
        return r;
    store->last_text = id;
    if (keep) // if there is no memory for it, it is written again next time
        (void)texts_remember_value(store->texts, id, text->data, text->length);
    *ret_id = id;
    return 0;
}

static int bind_texts(struct store *store, const struct fact_row *row, int column,
                      uint64_t ret_ids[FACT_TEXT_MAX])
{
    for (size_t i = 0; i < FACT_TEXT_MAX; i++, column++) {
        ret_ids[i] = 0;
        if (!row->texts[i].data) {
            (void)sqlite3_bind_null(store->insert_event, column);
            continue;
        }
        int r = intern(store, &row->texts[i], &ret_ids[i]);
        if (r < 0)
            return r;
        (void)sqlite3_bind_int64(store->insert_event, column, (sqlite3_int64)ret_ids[i]);
    }
    return 0;
}

int store_insert(struct store *store, const struct fact_row *row, int32_t mark)
{
    sqlite3_stmt *s = store->insert_event;
    (void)sqlite3_bind_int64(s, 1, (sqlite3_int64)row->sequence);
    (void)sqlite3_bind_int64(s, 2, (sqlite3_int64)row->wall_ns);
    (void)sqlite3_bind_int64(s, 3, (sqlite3_int64)row->monotonic_ns);
    (void)sqlite3_bind_int64(s, 4, row->severity);
    if (row->uid == FACT_NO_UID)
        (void)sqlite3_bind_null(s, 5);
    else
        (void)sqlite3_bind_int64(s, 5, row->uid);
    (void)sqlite3_bind_int64(s, 6, row->pid);
    (void)sqlite3_bind_int64(s, 7, mark);
    uint64_t ids[FACT_TEXT_MAX];
    int r = bind_texts(store, row, 8, ids);
    if (r == 0)
        r = step(store, s);
    return r < 0 ? r : add_to_tally(store, row, ids);
}

int store_commit(struct store *store)
{
    int r = step(store, store->commit);
    if (r == 0)
        store->committed_text = store->last_text;
    return r;
}

void store_rollback(struct store *store)
{
    if (!sqlite3_get_autocommit(store->db)) // a full disk may have rolled back already
        (void)step(store, store->rollback) /* nothing is left to undo if it fails */;
    texts_forget_all(store->texts);
    store->last_text = store->committed_text;
    store->tallied = false;
}

// −EBUSY: SQLite answers with the mode that stays.
static int set_journal_mode(struct store *store, const char *sql, const char *mode)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    int r = error_of(store->db, rc);
    if (r == 0 && !text_equal((const char *)sqlite3_column_text(statement, 0), mode))
        r = -EBUSY;
    (void)sqlite3_finalize(statement);
    return r;
}

int store_share(struct store *store)
{
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return set_journal_mode(store, "PRAGMA journal_mode = WAL", "wal");
}

int store_seclude(struct store *store)
{
    int r = run(store, "PRAGMA wal_checkpoint(TRUNCATE)");
    return r < 0 ? r : set_journal_mode(store, "PRAGMA journal_mode = DELETE", "delete");
}

sqlite3 *store_db(struct store *store)
{
    return store->db;
}
