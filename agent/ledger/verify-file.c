// SPDX-License-Identifier: GPL-3.0-or-later
// One file: its settings, then each row in order, then what SQLite says of its pages.
#include "base/i18n.h"
#include "base/text.h"
#include "ledger/rows.h"
#include "ledger/schema.h"
#include "ledger/verifier.h"

#include <errno.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 5000
#define VALUE_MAX (2 << 20) // bytes of a value or row: a text of 1 MiB, with some room

static int error_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
        return 0;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return -EACCES;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_IOERR:
        return -EIO;
    default:
        return -EBADMSG;
    }
}

int verify_open(const char *path, sqlite3 **ret)
{
    CLEANUP(verify_close_p) sqlite3 *db = NULL;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(path, &db, flags, NULL);
    if (rc != SQLITE_OK)
        return error_of(rc);
    (void)sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    // One transaction: a daemon may go on writing meanwhile.
    rc = sqlite3_exec(db,
                      "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
                      "PRAGMA mmap_size = 0; PRAGMA query_only = ON; BEGIN; "
                      "SELECT count(*) FROM sqlite_schema",
                      NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return error_of(rc);
    *ret = TAKE_PTR(db);
    return 0;
}

static int read_opening(struct rows *rows, struct ledger_row *row, struct opening *ret)
{
    int r = rows_next(rows, row);
    if (r < 0)
        return r;
    if (r == 0 || row->malformed || !ledger_row_is(row, FACT_LEDGER_OPENED))
        return -EBADMSG;
    r = opening_from_json(ledger_row_text(row, FACT_TEXT_DETAILS), ret);
    return r == 0 && !ledger_row_is_own(row, ret->month, "opened") ? -EBADMSG : r;
}

int verify_peek(sqlite3 *db, struct opening *ret)
{
    CLEANUP(rows_free_p) struct rows *rows = NULL;
    struct ledger_row row;
    int r = rows_new(db, &rows);
    return r < 0 ? r : read_opening(rows, &row, ret);
}

// ---- Rows --------------------------------------------------------------------------------------

// Texts are numbered in the order of their first use, and none is left over.
static int check_texts(struct verifier *verifier, const struct ledger_row *row, uint64_t *texts)
{
    bool in_order = true;
    for (size_t i = 0; i < FACT_TEXT_MAX; i++) {
        if (row->ids[i] <= *texts)
            continue;
        in_order = in_order && row->ids[i] == *texts + 1;
        *texts = row->ids[i];
    }
    uint64_t n = row->row.sequence;
    return in_order
               ? 0
               : verifier_blame(verifier, VERIFY_RULE_COLUMN, n, n,
                                _("the texts of row %llu are out of order"), (unsigned long long)n);
}

static int check_mark(struct verifier *verifier, const struct ledger_row *row,
                      uint8_t ret_digest[DIGEST_SIZE])
{
    fact_row_digest(&row->row, verifier->digest, ret_digest);
    if (row->mark == chain_mark(ret_digest))
        return 0;
    verifier->sound = false;
    return verifier_blame_changed(verifier, row->row.sequence);
}

// What is counted while the rows of a file go by.
struct counted {
    uint64_t texts; // highest number so far
    struct verify_tally *tally;
};

static int check_row(struct verifier *verifier, const struct ledger_row *row,
                     struct counted *counted)
{
    uint64_t n = row->row.sequence, expected = verifier->chain.sequence + 1;
    uint8_t digest[DIGEST_SIZE];
    int r = 0;
    verifier->result.rows++;
    if (n != expected) {
        verifier->sound = false;
        r = verifier_blame_missing(verifier, expected, n - 1);
        verifier->chain.sequence = n - 1;
    }
    if (r == 0 && row->malformed) {
        verifier->sound = false;
        verifier->chain.sequence = n;
        return verifier_blame(verifier, VERIFY_RULE_COLUMN, n, n,
                              _("row %llu was changed: \"%s\" is not what may stand there"),
                              (unsigned long long)n, row->malformed);
    }
    if (r == 0)
        r = check_texts(verifier, row, &counted->texts);
    if (r == 0)
        r = check_mark(verifier, row, digest);
    if (r == 0 && ledger_row_is(row, FACT_LEDGER_SEALED))
        r = verify_seal(verifier, row);
    if (r == 0 && ledger_row_is(row, FACT_LEDGER_PRUNED))
        r = verify_pruned(verifier, row);
    if (r == 0)
        r = verify_tally_row(verifier, counted->tally, row);
    if (r < 0)
        return r;
    chain_add(&verifier->chain, verifier->digest, digest);
    verifier->result.head_wall_ns = row->row.wall_ns;
    return verify_head(verifier, n, verifier->chain.head);
}

static int check_first_row(struct verifier *verifier, struct rows *rows, struct counted *counted)
{
    struct ledger_row row;
    struct opening opening;
    int r = read_opening(rows, &row, &opening);
    if (r == -EBADMSG || (r == 0 && row.row.sequence != opening.previous_sequence + 1)) {
        r = verifier_blame(verifier, VERIFY_RULE_OPENING, 0, 0,
                           _("the file does not begin with its opening row"));
        return r < 0 ? r : 1;
    }
    if (r == 0)
        r = verify_opening(verifier, &opening);
    if (r < 0)
        return r;
    if (verifier->result.first == 0) {
        verifier->result.first = row.row.sequence;
        verifier->absent = opening.previous_sequence;
        memcpy(verifier->absent_head, opening.previous_head, sizeof verifier->absent_head);
    }
    return check_row(verifier, &row, counted);
}

static int check_all_rows(struct verifier *verifier, struct rows *rows, struct counted *counted)
{
    struct ledger_row row;
    int r;
    while ((r = rows_next(rows, &row)) > 0) {
        uint64_t n = row.row.sequence;
        r = check_row(verifier, &row, counted);
        if (r == 0 && !row.malformed && ledger_row_is(&row, FACT_LEDGER_OPENED))
            r = verifier_blame(verifier, VERIFY_RULE_OPENING, n, n,
                               _("row %llu is an opening in the middle of a file"),
                               (unsigned long long)n);
        if (r < 0)
            return r;
    }
    if (r == -EBADMSG) {
        verifier->sound = false;
        r = verifier_blame(verifier, VERIFY_RULE_PAGES, verifier->chain.sequence + 1,
                           verifier->chain.sequence + 1,
                           _("behind row %llu the file can't be read"),
                           (unsigned long long)verifier->chain.sequence);
    }
    return r;
}

// ---- The file as SQLite sees it ----------------------------------------------------------------

// One number from a query; −EBADMSG if it gives none.
static int read_number(sqlite3 *db, const char *sql, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *ret = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return rc == SQLITE_ROW ? 0 : rc == SQLITE_NOMEM ? -ENOMEM : -EBADMSG;
}

static int check_text_rest(struct verifier *verifier, sqlite3 *db, uint64_t texts)
{
    int64_t count = -1, highest = -1;
    int r = read_number(db, "SELECT count(*) FROM text NOT INDEXED", &count);
    if (r == 0)
        r = read_number(db, "SELECT ifnull(max(id), 0) FROM text", &highest);
    if (r == -ENOMEM)
        return r;
    if ((uint64_t)count == texts && (uint64_t)highest == texts)
        return 0;
    return verifier_blame(verifier, VERIFY_RULE_COLUMN, 0, 0,
                          _("the file holds texts that no row refers to"));
}

static int check_integrity(struct verifier *verifier, sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    const char *answer =
        rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : sqlite3_errmsg(db);
    int r = 0;
    if (!text_equal(answer, "ok")) {
        CLEANUP_FREE char *said =
            text_escape(answer ? answer : "", answer ? strlen(answer) : 0, 200);
        r = said ? verifier_blame(verifier, VERIFY_RULE_PAGES, 0, 0, _("the file is damaged: %s"),
                                  said)
                 : -ENOMEM;
    }
    (void)sqlite3_finalize(statement);
    return rc == SQLITE_NOMEM ? -ENOMEM : r;
}

static int check_schema(struct verifier *verifier, sqlite3 *db)
{
    CLEANUP_FREE char *what = NULL;
    int r = schema_compare(db, &what);
    if (r == 0)
        return 0;
    r = r > 0 ? verifier_blame(verifier, VERIFY_RULE_SCHEMA, 0, 0,
                               _("the schema was changed: %s is not what the format has there"),
                               what ? what : "?")
              : verifier_blame(verifier, VERIFY_RULE_SCHEMA, 0, 0, _("the schema can't be read"));
    return r < 0 ? r : 1;
}

int verify_file(struct verifier *verifier, sqlite3 *db)
{
    CLEANUP(rows_free_p) struct rows *rows = NULL;
    CLEANUP(verify_tally_free_p) struct verify_tally *tally = NULL;
    struct counted counted = {0};
    int r = check_schema(verifier, db);
    if (r == 0)
        r = rows_new(db, &rows);
    if (r == 0)
        r = verify_tally_new(db, &tally);
    counted.tally = tally;
    if (r == 0)
        r = check_first_row(verifier, rows, &counted);
    if (r == 0)
        r = check_all_rows(verifier, rows, &counted);
    if (r == 0)
        r = verify_tally_end(verifier, tally, db);
    if (r == 0)
        r = check_text_rest(verifier, db, counted.texts);
    else if (r > 0)
        verifier->follows = false; // nothing can be said of what comes behind it
    if (r < 0)
        return r;
    return check_integrity(verifier, db);
}
