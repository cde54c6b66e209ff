// SPDX-License-Identifier: GPL-3.0-or-later
// The monthly files as entries of the folder ledger/: which there are, and how a new one gets its
// name.
#pragma once

#include "base/moment.h"
#include "base/util.h"

#include <stdbool.h>

// "2026-11.db" → "2026-11". False for any other name.
bool months_is_name(const char *name, char ret_month[MONTH_TEXT_SIZE]);

// −ENOENT: there is none.
must_check int months_newest(int folder, char ret_month[MONTH_TEXT_SIZE]);

// An empty "YYYY-MM.db.new"; one that a failure left is replaced.
must_check int months_begin_new(int folder, const char *month);
// Gives it its name, durably.
must_check int months_name_new(int folder, const char *month);
// Removes all that never got one.
must_check int months_remove_new(int folder);

// Gives every month's file, and what SQLite has beside it, the folder's group and its right to
// read: an older version did not.
must_check int months_share(int folder);

// Gives all files but the newest the form of closed ones, if they do not have it. `path` is the
// folder's. 1: a file with a reader in it, or a damaged one, is left as it is.
must_check int months_close_old(int folder, const char *path);
