// SPDX-License-Identifier: GPL-3.0-or-later
// The totals of a file, counted again from its rows: FORMAT.md section 9.
#include "base/i18n.h"
#include "ledger/tally.h"
#include "ledger/verifier.h"

#include <errno.h>
#include <string.h>

struct verify_tally {
    sqlite3_stmt *find;
    struct tally *tally;
    uint64_t n; // blocks that there must be
};

int verify_tally_new(sqlite3 *db, struct verify_tally **ret)
{
    CLEANUP(verify_tally_free_p) struct verify_tally *tally = calloc(1, sizeof *tally);
    if (!tally)
        return -ENOMEM;
    int r = tally_new(&tally->tally);
    if (r < 0)
        return r;
    int rc =
        sqlite3_prepare_v2(db, "SELECT counts FROM tally WHERE block = ?", -1, &tally->find, NULL);
    if (rc == SQLITE_NOMEM)
        return -ENOMEM;
    *ret = TAKE_PTR(tally); // without a statement: version 1, which has no totals
    return 0;
}

void verify_tally_free(struct verify_tally *tally)
{
    if (!tally)
        return;
    (void)sqlite3_finalize(tally->find);
    tally_free(tally->tally);
    free(tally);
}

static bool is_same(sqlite3_stmt *row, const uint8_t *blob, size_t size)
{
    return sqlite3_column_type(row, 0) == SQLITE_BLOB &&
           (size_t)sqlite3_column_bytes(row, 0) == size &&
           (size == 0 || memcmp(sqlite3_column_blob(row, 0), blob, size) == 0);
}

static int compare(struct verifier *verifier, struct verify_tally *tally, uint64_t last)
{
    CLEANUP_FREE uint8_t *blob = NULL;
    size_t size;
    int r = tally_take(tally->tally, &blob, &size);
    if (r < 0)
        return r;
    tally->n++;
    (void)sqlite3_bind_int64(tally->find, 1, (sqlite3_int64)tally_block(last));
    int rc = sqlite3_step(tally->find);
    bool same = rc == SQLITE_ROW && is_same(tally->find, blob, size);
    (void)sqlite3_reset(tally->find);
    if (rc == SQLITE_NOMEM)
        return -ENOMEM;
    if (same)
        return 0;
    uint64_t first = last - TALLY_BLOCK + 1;
    return verifier_blame(verifier, VERIFY_RULE_TALLY, first, last,
                          _("the totals of rows %llu to %llu are not those of the rows"),
                          (unsigned long long)first, (unsigned long long)last);
}

int verify_tally_row(struct verifier *verifier, struct verify_tally *tally,
                     const struct ledger_row *row)
{
    if (!tally->find)
        return 0;
    tally_add(tally->tally, &row->row, row->ids);
    return tally_ends(row->row.sequence) ? compare(verifier, tally, row->row.sequence) : 0;
}

int verify_tally_end(struct verifier *verifier, const struct verify_tally *tally, sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    if (!tally->find)
        return 0;
    int rc = sqlite3_prepare_v2(db, "SELECT count(*) FROM tally", -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    bool same = rc == SQLITE_ROW && (uint64_t)sqlite3_column_int64(statement, 0) == tally->n;
    (void)sqlite3_finalize(statement);
    if (rc == SQLITE_NOMEM)
        return -ENOMEM;
    return same ? 0
                : verifier_blame(verifier, VERIFY_RULE_TALLY, 0, 0,
                                 _("the file holds totals of rows that it does not have"));
}
