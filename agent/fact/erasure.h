// SPDX-License-Identifier: GPL-3.0-or-later
// How surely the content of an erased file is gone: what a row and a certificate may claim, and no
// more. Clause 5 (10).
#pragma once

#include "base/util.h"

#include <stdbool.h>

// Of files from the surest on. The names are a contract: add, never rename.
enum erase_level {
    ERASE_OVERWRITTEN, // where it lay, on a magnetic disk that has no other place for it
    ERASE_ENCRYPTED,   // what may be left is unreadable to whoever has the storage without its key
    ERASE_UNPROVEN,    // overwritten, but the storage may keep copies that nobody can reach
    ERASE_UNLINKED,    // deleted: the storage writes elsewhere, or nobody can tell
    ERASE_CRYPTO,      // of an encrypted container: its keys are destroyed, and it is still there
    ERASE_LEVEL_MAX,
};
const char *erase_level_to_str(enum erase_level level);                       // "overwritten", …
must_check int erase_level_from_str(const char *name, enum erase_level *ret); // −EINVAL

// One sentence for people. N_().
const char *erase_level_sentence(enum erase_level level);

// What was found out about one file.
struct erase_evidence {
    bool container; // it is an encrypted one, of which only the keys are to go
    bool written;   // new content was put over all of it and read back
    bool stayed;    // the file system named the same places on the device before and after
    bool in_place;  // by its kind, the file system writes where the content lies
    bool encrypted; // on every way down
    bool magnetic;  // nothing but plain magnetic disks is below, and nothing that keeps copies
};
enum erase_level erase_level_of(const struct erase_evidence *evidence);
