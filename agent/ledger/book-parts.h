// SPDX-License-Identifier: GPL-3.0-or-later
// What book.c, book-seal.c and book-month.c share.
#pragma once

#include "base/digest.h"
#include "ledger/book.h"
#include "ledger/chain.h"
#include "ledger/keys.h"
#include "ledger/seal.h"
#include "ledger/store.h"

struct book {
    struct ledger_options options; // its texts are the two below
    char *host;
    char *path; // of ledger/
    int folder; // ledger/
    int vault;  // keys/
    int lock;
    struct store *store; // NULL after a failure between two files; the next call opens it again
    bool is_first;       // there was no file at all when the book was opened
    bool left_open;      // a reader kept the file before the newest from being closed
    struct digest *digest;
    struct chain chain;
    struct keys keys;
    uint8_t ledger[LEDGER_ID_SIZE];
    uint64_t last_seal_row;
    uint64_t new_month;
    struct ledger_head head;
};

// book.c
struct moment book_now(const struct book *book);
void book_did(const struct book *book, const char *step);
// The caller frees it. NULL on lack of memory.
char *book_path(const struct book *book, const char *month, const char *suffix);
// One transaction; *chain goes on only if it is durable.
must_check int book_write_rows(struct book *book, struct store *store, struct chain *chain,
                               struct fact *const *facts, size_t n);
// The same into the newest file; the head goes on.
must_check int book_write_now(struct book *book, struct fact *const *facts, size_t n);

// book-seal.c: into the newest file.
must_check int book_seal_now(struct book *book, const char *reason);

// book-month.c
// Opens the newest file, or finds out why not. −ENOENT: there is none.
must_check int book_open_newest(struct book *book);
// The same if a failure left the book without one; makes the very first file if there never was
// one.
must_check int book_ensure_open(struct book *book);
// The very first file.
must_check int book_found(struct book *book);
