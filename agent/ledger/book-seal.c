// SPDX-License-Identifier: GPL-3.0-or-later
// Seals: the successor's key first, the seal's row, then the used key goes. FORMAT.md section 7.
#include "ledger/book-parts.h"

#include "base/text.h"
#include "ledger/months.h"

#include <errno.h>
#include <string.h>

static int make_seal(struct book *book, const char *reason, struct fact *fact)
{
    struct seal seal = {.epoch = book->keys.epoch, .covers = book->chain.sequence};
    memcpy(seal.head, book->chain.head, DIGEST_SIZE);
    memcpy(seal.next_key, book->keys.next_public, ED25519_KEY_SIZE);
    (void)snprintf(seal.reason, sizeof seal.reason, "%s", reason);
    int r = seal_sign(&seal, book->ledger, fact->at.wall_ns, book->keys.private_key);
    if (r == 0)
        r = seal_to_json(&seal, &fact->details);
    if (r == 0)
        r = text_set(&fact->object, book->head.month);
    return r < 0 ? r : text_set(&fact->outcome, "sealed");
}

// The seal is in the ledger; what fails from here on is finished with the next seal or start.
static void change_key(struct book *book)
{
    int r = keys_name_next(&book->keys);
    book_did(book, "key named");
    if (r == 0)
        r = keys_destroy_used(&book->keys);
    if (r == 0)
        book_did(book, "key destroyed");
}

int book_seal_now(struct book *book, const char *reason)
{
    CLEANUP(fact_free_p) struct fact *fact = book_fact(book, FACT_LEDGER_SEALED);
    if (!fact)
        return -ENOMEM;
    int r = keys_make_next(&book->keys);
    if (r < 0)
        return r;
    book_did(book, "key made");
    r = make_seal(book, reason, fact);
    if (r == 0)
        r = book_write_now(book, &fact, 1);
    if (r < 0)
        return r;
    book_did(book, "seal committed");
    book->head.epoch = book->keys.epoch;
    book->head.sealed_sequence = book->chain.sequence - 1;
    book->head.sealed_wall_ns = fact->at.wall_ns;
    book->last_seal_row = book->chain.sequence;
    change_key(book);
    return 0;
}

int book_seal(struct book *book, const char *reason, uint64_t *ret_sequence)
{
    int r = book_turn(book);
    if (r == 0)
        r = book_seal_now(book, reason);
    if (r < 0)
        return r;
    *ret_sequence = book->chain.sequence;
    if (book->left_open)
        book->left_open = months_close_old(book->folder, book->path) != 0;
    return 0;
}
