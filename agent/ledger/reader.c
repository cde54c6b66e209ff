// SPDX-License-Identifier: GPL-3.0-or-later
// Opening read-only, and whole copies.
#include "ledger/reader.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 5000
#define CACHE_KIB "32768"

int reader_errno(int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return 0;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
        return -EACCES;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_IOERR:
        return -EIO;
    default: // an SQLite file that is none, or holds other tables
        return -EBADMSG;
    }
}

// SQLite's URI form of a path: everything but letters, digits and a few signs as %XX.
static char *make_uri(const char *path, const char *options)
{
    CLEANUP_FREE char *escaped = malloc(3 * strlen(path) + 1);
    if (!escaped)
        return NULL;
    char *o = escaped;
    for (const char *p = path; *p; p++)
        o += snprintf(o, sizeof "%00",
                      isalnum((unsigned char)*p) || strchr("/-_.", *p) ? "%c" : "%%%02X",
                      (unsigned char)*p);
    *o = '\0';
    return text_format("file:%s?%s", escaped, options);
}

static int open_with(const char *path, const char *options, sqlite3 **ret)
{
    CLEANUP(reader_close_p) sqlite3 *db = NULL;
    CLEANUP_FREE char *uri = make_uri(path, options);
    if (!uri)
        return -ENOMEM;
    int rc = sqlite3_open_v2(uri, &db,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW |
                                 SQLITE_OPEN_NOMUTEX, // whoever opens it uses it alone
                             NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    if (rc == SQLITE_OK) // a made-up file must not run code of ours with its views and triggers
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (rc == SQLITE_OK) // texts are looked up all over the file
        rc = sqlite3_exec(db, "PRAGMA cache_size = -" CACHE_KIB, NULL, NULL, NULL);
    if (rc == SQLITE_OK) // the first read tells whether it can be read at all
        rc = sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return rc == SQLITE_CANTOPEN ? -ENOTRECOVERABLE : reader_errno(rc);
    *ret = TAKE_PTR(db);
    return 0;
}

// The current month is in WAL mode, and a reader who may not write there uses the -shm of the
// writer, read-only. Whoever has a right to neither, or finds a -wal without its -shm (copied, or
// left by a power cut and not opened by the writer since), can't open it.
int reader_open(const char *path, sqlite3 **ret)
{
    if (access(path, R_OK) < 0)
        return -errno;
    int r = open_with(path, "mode=ro", ret);
    if (r == -ENOTRECOVERABLE)
        return geteuid() == 0 ? -EIO : -EACCES;
    return r;
}

// ---- Copies ------------------------------------------------------------------------------------

static int copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup)
        return reader_errno(sqlite3_errcode(to));
    // All pages in one step, so that a writer's next commit does not start it over again.
    int rc = sqlite3_backup_step(backup, -1);
    int finished = sqlite3_backup_finish(backup);
    return reader_errno(rc != SQLITE_DONE ? rc : finished);
}

// The copy says in its header that it is in WAL mode, as its source does: a closed file is not.
static int leave_wal(sqlite3 *db)
{
    int rc = sqlite3_exec(db, "PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE;", NULL,
                          NULL, NULL);
    return reader_errno(rc);
}

int reader_copy(const char *from, const char *to)
{
    CLEANUP(reader_close_p) sqlite3 *source = NULL;
    CLEANUP(reader_close_p) sqlite3 *target = NULL;
    int r = reader_open(from, &source);
    if (r < 0)
        return r;
    int rc = sqlite3_open_v2(
        to, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, NULL);
    if (rc != SQLITE_OK)
        return rc == SQLITE_CANTOPEN ? -EIO : reader_errno(rc);
    r = copy_pages(source, target);
    return r < 0 ? r : leave_wal(target);
}
