// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger on disk as one thread sees it: the newest file, the chain's end, the sealing key. All
// calls block until what they did is durable.
//
// Errors: −ENOSPC the disk is full, −EIO or −EBUSY it can't be written now, −EBADMSG what is there
// does not continue its own chain, −ENOMEM. After an error nothing of that call is in the ledger,
// and the next call may succeed.
#pragma once

#include "ledger/ledger.h"

struct book;

// As ledger_open(), without seal and thread. The texts in `options` are copied. *ret_trouble is 0,
// or why nothing can be written yet: then the next call tries again to open the newest file, or to
// make the first one. What could be read of it is in book_head() all the same.
must_check int book_open(const struct ledger_options *options, struct book **ret, int *ret_trouble);
// Leaves the newest file in the form of a closed one if no reader is in it.
void book_free(struct book *book);
DEFINE_CLEANUP(struct book, book_free)

// Goes on to the file of the present month, if that is a later one. book_append() and book_seal()
// do the same first.
must_check int book_turn(struct book *book);
// All of them or none, as rows with the numbers from *ret_first on.
must_check int book_append(struct book *book, struct fact *const *facts, size_t n,
                           uint64_t *ret_first);
must_check int book_seal(struct book *book, const char *reason, uint64_t *ret_sequence);

// Did book_open() make the very first file? False once there are rows.
bool book_is_new(const struct book *book);
const struct ledger_head *book_head(const struct book *book);
// A fact of the ledger's own, at the book's clock. NULL on lack of memory.
struct fact *book_fact(const struct book *book, enum fact_kind kind);
// Number of the first row of a file that was begun since the last call; 0 for none.
uint64_t book_take_new_month(struct book *book);
const char *book_host(const struct book *book);
// Descriptor of the folder ledger/.
int book_folder(const struct book *book);
