// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the end of a file and refuses one that somebody changed.
#include "ledger/tail.h"

#include "base/text.h"
#include "ledger/rows.h"
#include "ledger/schema.h"

#include <errno.h>
#include <string.h>

struct reading {
    struct tail tail;
    struct rows *rows;
    struct digest *digest;
};

static int read_opening(struct reading *reading, const char *month)
{
    struct ledger_row row;
    struct opening *opening = &reading->tail.opening;
    int r = rows_next(reading->rows, &row);
    if (r < 0)
        return r;
    if (r == 0 || row.malformed || !ledger_row_is(&row, FACT_LEDGER_OPENED))
        return -EBADMSG;
    r = opening_from_json(ledger_row_text(&row, FACT_TEXT_DETAILS), opening);
    if (r < 0)
        return r;
    if (row.row.sequence != opening->previous_sequence + 1 || !text_equal(opening->month, month))
        return -EBADMSG;

    struct tail *tail = &reading->tail;
    tail->chain.sequence = opening->previous_sequence;
    memcpy(tail->chain.head, opening->previous_head, DIGEST_SIZE);
    tail->epoch = opening->epoch;
    memcpy(tail->next_key, opening->public_key, ED25519_KEY_SIZE);
    // A file is left only behind a seal: the row before this file is one.
    tail->sealed_sequence = opening->epoch > 0 ? opening->previous_sequence - 1 : 0;
    return 0;
}

// The last seal but one in this file; 0 if there are fewer.
static int find_start(sqlite3 *db, uint64_t *ret_sequence)
{
    static const char sql[] = "SELECT seq FROM event WHERE kind IN "
                              "(SELECT id FROM text WHERE value = 'ledger.sealed') "
                              "ORDER BY seq DESC LIMIT 1 OFFSET 1";
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return -EBADMSG;
    int rc = sqlite3_step(statement);
    int r = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -EBADMSG;
    if (r == 0)
        *ret_sequence = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    (void)sqlite3_finalize(statement);
    return r;
}

static void accept_seal(struct tail *tail, const struct seal *seal, const struct ledger_row *row)
{
    tail->epoch = seal->epoch;
    memcpy(tail->next_key, seal->next_key, ED25519_KEY_SIZE);
    tail->sealed_sequence = seal->covers;
    tail->sealed_wall_ns = row->row.wall_ns;
    tail->last_seal_row = row->row.sequence;
}

static int read_seal(struct tail *tail, const struct ledger_row *row)
{
    struct seal seal;
    int r = seal_from_json(ledger_row_text(row, FACT_TEXT_DETAILS), &seal);
    if (r < 0)
        return r;
    if (seal.epoch != tail->epoch + 1 || seal.covers != tail->chain.sequence ||
        memcmp(seal.head, tail->chain.head, DIGEST_SIZE) != 0)
        return -EBADMSG;
    r = seal_check(&seal, tail->opening.ledger, row->row.wall_ns, tail->next_key);
    if (r < 0)
        return r;
    accept_seal(tail, &seal, row);
    return 0;
}

static int read_row(struct reading *reading, const struct ledger_row *row)
{
    struct tail *tail = &reading->tail;
    uint8_t digest[DIGEST_SIZE];
    if (row->malformed || row->row.sequence != tail->chain.sequence + 1)
        return -EBADMSG;
    fact_row_digest(&row->row, reading->digest, digest);
    if (row->mark != chain_mark(digest))
        return -EBADMSG;
    // The seal that the reading starts with was accepted already.
    if (ledger_row_is(row, FACT_LEDGER_SEALED) && row->row.sequence != tail->last_seal_row) {
        int r = read_seal(tail, row);
        if (r < 0)
            return r;
    }
    (void)snprintf(tail->boot, sizeof tail->boot, "%s", ledger_row_text(row, FACT_TEXT_BOOT));
    if (row->row.wall_ns > tail->latest.wall_ns) {
        tail->latest.wall_ns = row->row.wall_ns;
        tail->latest.monotonic_ns = row->row.monotonic_ns;
        memcpy(tail->latest.boot, tail->boot, sizeof tail->latest.boot);
    }
    chain_add(&tail->chain, reading->digest, digest);
    return 0;
}

// Starts at a seal: the head that it signs is where the chain goes on from.
static int start_at(struct reading *reading, uint64_t sequence)
{
    struct ledger_row row;
    struct seal seal;
    struct tail *tail = &reading->tail;
    int r = rows_seek(reading->rows, sequence);
    if (r == 0)
        r = rows_next(reading->rows, &row);
    if (r < 0)
        return r;
    if (r == 0 || row.malformed)
        return -EBADMSG;
    r = seal_from_json(ledger_row_text(&row, FACT_TEXT_DETAILS), &seal);
    if (r < 0)
        return r;
    accept_seal(tail, &seal, &row);
    tail->chain.sequence = seal.covers;
    memcpy(tail->chain.head, seal.head, DIGEST_SIZE);
    return rows_seek(reading->rows, sequence);
}

static int read_all(struct reading *reading, sqlite3 *db, const char *month)
{
    struct ledger_row row;
    uint64_t start;
    int r = read_opening(reading, month);
    if (r == 0)
        r = find_start(db, &start);
    if (r == 0)
        r = start > 0 ? start_at(reading, start) : rows_seek(reading->rows, 0);
    if (r < 0)
        return r;
    while ((r = rows_next(reading->rows, &row)) > 0) {
        r = read_row(reading, &row);
        if (r < 0)
            return r;
    }
    return r;
}

int tail_read(sqlite3 *db, const char *month, struct tail *ret)
{
    CLEANUP_FREE char *what = NULL;
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    CLEANUP(rows_free_p) struct rows *rows = NULL;
    int r = schema_compare(db, &what);
    if (r == 0)
        r = digest_new(&digest);
    if (r == 0)
        r = rows_new(db, &rows);
    if (r != 0)
        return r > 0 || r == -EIO ? -EBADMSG : r;

    struct reading reading = {.rows = rows, .digest = digest};
    r = read_all(&reading, db, month);
    if (r == 0)
        *ret = reading.tail;
    return r;
}
