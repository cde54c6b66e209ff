// SPDX-License-Identifier: GPL-3.0-or-later
// The end of a file: what the next row continues.
#pragma once

#include "ledger/chain.h"
#include "ledger/seal.h"

#include <sqlite3.h>

struct tail {
    struct opening opening;
    struct chain chain; // after the last row
    uint64_t epoch;     // of the last seal, also of an earlier file; 0: none yet
    uint8_t next_key[ED25519_KEY_SIZE];
    uint64_t sealed_sequence; // last row it covers
    uint64_t sealed_wall_ns;  // 0: that seal is in an earlier file
    uint64_t last_seal_row;   // 0: that seal is in an earlier file
    struct moment latest;     // by wall time, of the rows that were looked at
    char boot[BOOT_ID_SIZE];  // of the last row
};

// Reads the first row and everything from the last seal but one, as verify would. −EBADMSG if the
// end does not continue its own chain, or the file is not `month`'s.
must_check int tail_read(sqlite3 *db, const char *month, struct tail *ret);
