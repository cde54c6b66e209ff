// SPDX-License-Identifier: GPL-3.0-or-later
// What outlives a notifier that was killed: which pop-ups of it are on the screen of which desktop,
// so that the next one brings them up to date instead of doubling them. In the session's runtime
// folder; what is unanswered is the agent's to know, not this file's.
#pragma once

#include "notify/board.h"

// The one notifier of this runtime folder: *ret_fd holds the lock. If there is one already it waits
// for its end, or answers −EBUSY.
must_check int memory_lock(int folder, bool wait, int *ret_fd);

// What is on the screen now.
void memory_save(int folder, const struct board *board, const char *owner);
// Gives the board's pop-ups the identifiers that they have on the screen of `owner`.
void memory_load(int folder, struct board *board, const char *owner);
