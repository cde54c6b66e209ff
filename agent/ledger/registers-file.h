// SPDX-License-Identifier: GPL-3.0-or-later
// registers.db: the projection's file. It may be lost, it may lag behind, it is never believed.
#pragma once

#include "ledger/register-set.h"

#include <stdbool.h>

struct registers_file;

// Opens or makes it, 0600. −EBADMSG: it is no register of this version.
must_check int registers_file_open(int state, const char *state_path, struct registers_file **ret);
void registers_file_close(struct registers_file *file);
DEFINE_CLEANUP(struct registers_file, registers_file_close)
// Removes it, and what SQLite left beside it.
must_check int registers_file_remove(int state);

// The last row that it reflects; 0 for none. −EBADMSG.
must_check int registers_file_last(struct registers_file *file, uint64_t *ret_sequence);
// Does it hold exactly what these REGISTERS_N do? −EBADMSG.
must_check int registers_file_compare(struct registers_file *file, const struct register_set *sets,
                                      bool *ret_equal);
// Replaces what it holds of those that have changed, at once. After a power cut it says what it
// said before, or this. −EIO.
must_check int registers_file_write(struct registers_file *file, const struct register_set *sets,
                                    uint64_t sequence);
