// SPDX-License-Identifier: GPL-3.0-or-later
// Monthly files as SQLite databases that are only read, beside a writing daemon too.
#pragma once

#include "base/util.h"

#include <sqlite3.h>

// −ENOENT, −EACCES, −EBUSY, −EIO, −EBADMSG (no database).
must_check int reader_open(const char *path, sqlite3 **ret);
static inline void reader_close_p(sqlite3 **db)
{
    (void)sqlite3_close(*db);
}

// What an SQLite result code is in errno's words; 0 for OK, ROW and DONE.
int reader_errno(int rc);

// A consistent copy of the file as it is now, as a closed file of FORMAT.md, section 1. `to` must
// not exist or be empty.
must_check int reader_copy(const char *from, const char *to);
