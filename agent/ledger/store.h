// SPDX-License-Identifier: GPL-3.0-or-later
// One month's file, open for writing. One thread.
//
// Errors of all functions: −ENOSPC the disk is full, −EIO it can't be written, −EBUSY somebody else
// holds a lock, −EBADMSG it is damaged, −ENOMEM.
#pragma once

#include "fact/encode.h"

#include <sqlite3.h>

struct store;

// An existing file, as it is: nothing is changed in it until store_share().
must_check int store_open(const char *path, struct store **ret);
// Write-ahead logging from now on: readers and the writer do not wait for each other.
must_check int store_share(struct store *store);
// A new one without rows, in the form of a closed file. `path` names an empty file.
must_check int store_create(const char *path, struct store **ret);
void store_free(struct store *store);
DEFINE_CLEANUP(struct store, store_free)

must_check int store_begin(struct store *store);
must_check int store_insert(struct store *store, const struct fact_row *row, int32_t mark);
// Durable when it returns 0. Any failure from store_begin() on must be followed by a rollback.
must_check int store_commit(struct store *store);
void store_rollback(struct store *store);

// Gives the file the form of a closed one. −EBUSY: a reader is in it; it stays open then.
must_check int store_seclude(struct store *store);

// For reading its own end.
sqlite3 *store_db(struct store *store);
