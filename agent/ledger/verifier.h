// SPDX-License-Identifier: GPL-3.0-or-later
// What verify.c and the files verify-*.c share: the state that is carried from row to row
// and from file to file, and the list of faults.
#pragma once

#include "ledger/chain.h"
#include "ledger/rows.h"
#include "ledger/seal.h"
#include "ledger/verify.h"

#include <sqlite3.h>

struct verifier {
    const struct verify_witness *witness;
    struct verify_result result;
    struct digest *digest;
    const char *path;     // of the file that is looked at
    bool newest;          // it is the last one in the order of months
    bool last_is_changed; // the last fault is one of verifier_blame_changed()
    // What the next file continues; all of it from the rows before, false if those can't tell.
    bool follows;
    char month[MONTH_TEXT_SIZE];
    uint8_t ledger[LEDGER_ID_SIZE];
    struct chain chain;
    bool sound;   // no fault since the last seal: chain.head is what it must be
    bool has_key; // `key` is what signs the next seal
    uint8_t key[ED25519_KEY_SIZE];
    uint64_t epoch;    // of the last seal
    uint64_t accepted; // last row that a seal covers
    // What the first file continues, and the row that says why that is not there; 0: none has.
    uint64_t absent;
    uint8_t absent_head[DIGEST_SIZE];
    uint64_t pruned_by;
};

// One sentence about the present file's rows `first` to `last` (0: the file as such). −ENOMEM.
must_check int verifier_blame(struct verifier *verifier, enum verify_rule rule, uint64_t first,
                              uint64_t last, const char *format, ...) printf_like(5, 6);
// The two faults that often come in a row of rows: one sentence for all of them.
must_check int verifier_blame_changed(struct verifier *verifier, uint64_t row);
must_check int verifier_blame_missing(struct verifier *verifier, uint64_t first, uint64_t last);

// 0; 1 if a fault was added because the bytes are neither those of a closed file nor those of an
// open one that may be open; −errno if it can't be read.
must_check int verify_header(struct verifier *verifier, const char *path);

static inline void verify_close_p(sqlite3 **db)
{
    (void)sqlite3_close(*db);
}
// Opens read-only and careful. −EBADMSG: no database; −errno.
must_check int verify_open(const char *path, sqlite3 **ret);
// First row of a file. −EBADMSG if it is no opening.
must_check int verify_peek(sqlite3 *db, struct opening *ret);
// All of one file; goes on from what `verifier` knows.
must_check int verify_file(struct verifier *verifier, sqlite3 *db);

// The parts of that, in files of their own: the first row, …
must_check int verify_opening(struct verifier *verifier, const struct opening *opening);
// … a seal, before its row is added to the chain, …
must_check int verify_seal(struct verifier *verifier, const struct ledger_row *row);
// … and the head behind each row, if it is the one that was noted.
must_check int verify_head(struct verifier *verifier, uint64_t sequence,
                           const uint8_t head[DIGEST_SIZE]);
// A row about removed months, and, behind the last file, the rows before the first.
must_check int verify_pruned(struct verifier *verifier, const struct ledger_row *row);
must_check int verify_absent(struct verifier *verifier);
// The totals of one file: each row that can be read, in order, and then the end.
struct verify_tally;
must_check int verify_tally_new(sqlite3 *db, struct verify_tally **ret);
void verify_tally_free(struct verify_tally *tally);
DEFINE_CLEANUP(struct verify_tally, verify_tally_free)
must_check int verify_tally_row(struct verifier *verifier, struct verify_tally *tally,
                                const struct ledger_row *row);
must_check int verify_tally_end(struct verifier *verifier, const struct verify_tally *tally,
                                sqlite3 *db);
