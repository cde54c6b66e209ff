// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the rows of one file in order, with their texts, and trusts none of it: every column is
// checked as FORMAT.md section 3 says.
#pragma once

#include "fact/encode.h"
#include "ledger/texts.h"

#include <sqlite3.h>

struct rows;

// The texts end in a NUL behind their length; a kind's name can be compared as it is.
struct ledger_row {
    struct fact_row row;         // texts borrowed until the next call
    uint64_t ids[FACT_TEXT_MAX]; // 0 for NULL
    int32_t mark;
    const char *malformed; // NULL, or the name of the first column that is not as it must be;
                           // then only row.sequence means something
};

bool ledger_row_is(const struct ledger_row *row, enum fact_kind kind);
// Are all columns but `details` what they are in a row that the ledger writes by itself?
bool ledger_row_is_own(const struct ledger_row *row, const char *object, const char *outcome);
// "" for a NULL.
const char *ledger_row_text(const struct ledger_row *row, enum fact_text_id text);

// Borrows `db`, which must have the schema.
must_check int rows_new(sqlite3 *db, struct rows **ret);
void rows_free(struct rows *rows);
DEFINE_CLEANUP(struct rows, rows_free)

// The next call of rows_next() gives the first row with a number ≥ `first`; 0: the first of all,
// also with a number that no row may have.
must_check int rows_seek(struct rows *rows, uint64_t first);
// 1 and a row; 0 at the end; −EBADMSG if SQLite can't read on; −ENOMEM.
must_check int rows_next(struct rows *rows, struct ledger_row *ret);
