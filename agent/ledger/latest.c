// SPDX-License-Identifier: GPL-3.0-or-later
// One step down an index for each monthly file, the newest first.
#include "ledger/latest.h"

#include "base/text.h"
#include "ledger/query.h"
#include "ledger/reader.h"

#include <errno.h>

static void statement_free_p(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}

// Texts have no index of their own: step over the few kinds that are used, then down that one's.
static const char newest[] =
    "WITH RECURSIVE used(id) AS (SELECT min(kind) FROM event UNION ALL"
    " SELECT (SELECT min(kind) FROM event WHERE kind > used.id) FROM used"
    " WHERE used.id IS NOT NULL)"
    " SELECT e.seq, (SELECT value FROM text WHERE id = e.object),"
    " (SELECT value FROM text WHERE id = e.details) FROM event AS e WHERE e.seq ="
    " (SELECT max((SELECT max(seq) FROM event WHERE kind = used.id))"
    " FROM used JOIN text ON text.id = used.id WHERE text.value = ?)";

void latest_clear(struct latest *latest)
{
    free(latest->object);
    free(latest->details);
    *latest = (struct latest){0};
}

static int copy_row(sqlite3_stmt *statement, struct latest *ret)
{
    CLEANUP(latest_clear) struct latest row = {0};
    int r = text_set(&row.object, (const char *)sqlite3_column_text(statement, 1));
    if (r == 0)
        r = text_set(&row.details, (const char *)sqlite3_column_text(statement, 2));
    if (r < 0)
        return r;
    row.sequence = (uint64_t)sqlite3_column_int64(statement, 0);
    *ret = row;
    row = (struct latest){0};
    return 0;
}

static int find_in(const char *path, const char *kind, struct latest *ret)
{
    CLEANUP(reader_close_p) sqlite3 *db = NULL;
    CLEANUP(statement_free_p) sqlite3_stmt *statement = NULL;
    int r = reader_open(path, &db);
    if (r < 0)
        return r;
    int rc = sqlite3_prepare_v2(db, newest, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, 1, kind, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        return copy_row(statement, ret);
    return rc == SQLITE_DONE ? -ENOENT : reader_errno(rc);
}

int latest_find(const char *folder, enum fact_kind kind, struct latest *ret)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    size_t n = 0;
    int r = query_list_months(folder, &paths, &n);
    if (r < 0)
        return r;
    for (r = -ENOENT; r == -ENOENT && n > 0; n--)
        r = find_in(paths[n - 1], fact_kind_to_str(kind), ret);
    return r;
}
