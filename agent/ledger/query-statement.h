// SPDX-License-Identifier: GPL-3.0-or-later
// What a filter is as SQL over the columns of FORMAT.md.
#pragma once

#include "ledger/query.h"

#include <sqlite3.h>

enum query_column {
    QUERY_SEQ,
    QUERY_WALL,
    QUERY_MONO,
    QUERY_BOOT,
    QUERY_KIND,
    QUERY_SEVERITY,
    QUERY_UID,
    QUERY_USER,
    QUERY_SESSION,
    QUERY_PID,
    QUERY_EXE,
    QUERY_OBJECT,
    QUERY_OUTCOME,
    QUERY_DETAILS,
};

// All columns of the matching rows behind `after`, by sequence; or, if `backwards`, their sequence
// alone, the newest first. Borrows the filter's texts. −ENOMEM, −EIO, −EBUSY, −EBADMSG.
must_check int query_prepare(sqlite3 *db, const struct query_filter *filter, uint64_t after,
                             bool backwards, sqlite3_stmt **ret);
static inline void query_finalize_p(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}
