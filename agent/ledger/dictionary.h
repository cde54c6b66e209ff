// SPDX-License-Identifier: GPL-3.0-or-later
// The table `text` of one file, read: from a number to its value. Rows repeat themselves, so what
// was looked up last is kept.
#pragma once

#include "base/util.h"

#include <sqlite3.h>

#define DICTIONARY_COLUMNS 8 // text columns of `event`
#define DICTIONARY_SLOTS 256 // a power of two

struct dictionary {
    sqlite3_stmt *find;
    struct dictionary_slot {
        sqlite3_int64 id; // 0: empty
        char *value;
    } slots[DICTIONARY_COLUMNS][DICTIONARY_SLOTS];
};

// `db` outlives it. The caller frees it.
must_check int dictionary_new(sqlite3 *db, struct dictionary **ret);
void dictionary_free(struct dictionary *dictionary);
DEFINE_CLEANUP(struct dictionary, dictionary_free)

// The text with number `id`; NULL if there is none. It is borrowed until the next one is asked for
// the same `column` (0 to DICTIONARY_COLUMNS − 1). −ENOMEM, −EIO, −EBADMSG.
must_check int dictionary_find(struct dictionary *dictionary, unsigned column, sqlite3_int64 id,
                               char **ret);
