// SPDX-License-Identifier: GPL-3.0-or-later
// Monthly files: the newest one is opened where it ended, and the next one begins where it ends.
#include "ledger/book-parts.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/months.h"
#include "ledger/tail.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

// ---- The newest file ---------------------------------------------------------------------------

static void take_tail(struct book *book, const struct tail *tail)
{
    struct ledger_head *head = &book->head;
    book->chain = tail->chain;
    book->last_seal_row = tail->last_seal_row;
    memcpy(book->ledger, tail->opening.ledger, LEDGER_ID_SIZE);

    head->sequence = tail->chain.sequence;
    memcpy(head->hash, tail->chain.head, DIGEST_SIZE);
    if (tail->latest.wall_ns > head->latest.wall_ns)
        head->latest = tail->latest;
    head->epoch = tail->epoch;
    head->sealed_sequence = tail->sealed_sequence;
    if (tail->sealed_wall_ns > 0)
        head->sealed_wall_ns = tail->sealed_wall_ns;
    memcpy(head->month, tail->opening.month, sizeof head->month);
    memcpy(head->boot, tail->boot, sizeof head->boot);
}

static int open_month(struct book *book, const char *month)
{
    CLEANUP(store_free_p) struct store *store = NULL;
    CLEANUP_FREE char *path = book_path(book, month, "");
    struct tail tail;
    int r = path ? store_open(path, &store) : -ENOMEM;
    if (r == 0)
        r = tail_read(store_db(store), month, &tail);
    if (r == 0)
        r = keys_load(book->vault, tail.epoch + 1, tail.next_key, &book->keys);
    if (r < 0)
        return r;
    take_tail(book, &tail); // also where nothing can be written: it says where the record ends
    r = store_share(store);
    if (r < 0)
        return r;
    book->store = TAKE_PTR(store);
    return 0;
}

// −ENOENT: there is no file at all.
int book_open_newest(struct book *book)
{
    char month[MONTH_TEXT_SIZE];
    int r = months_newest(book->folder, month);
    return r < 0 ? r : open_month(book, month);
}

int book_ensure_open(struct book *book)
{
    if (book->store)
        return 0;
    int r = book_open_newest(book);
    if (r == -ENOENT)
        return book->is_first ? book_found(book) : -EBADMSG;
    return r;
}

// ---- The next one ------------------------------------------------------------------------------

static int make_opening(struct book *book, const char *month, struct fact *fact)
{
    struct opening opening = {
        .previous_sequence = book->chain.sequence,
        .epoch = book->keys.epoch - 1,
    };
    memcpy(opening.month, month, sizeof opening.month);
    (void)snprintf(opening.host, sizeof opening.host, "%s", book->host);
    memcpy(opening.ledger, book->ledger, LEDGER_ID_SIZE);
    memcpy(opening.previous_head, book->chain.head, DIGEST_SIZE);
    memcpy(opening.public_key, book->keys.public_key, ED25519_KEY_SIZE);
    int r = opening_to_json(&opening, &fact->details);
    if (r == 0)
        r = text_set(&fact->object, month);
    return r < 0 ? r : text_set(&fact->outcome, "opened");
}

// The whole new file under a name that is no month's yet.
static int build(struct book *book, const char *month)
{
    CLEANUP(store_free_p) struct store *store = NULL;
    CLEANUP(fact_free_p) struct fact *fact = book_fact(book, FACT_LEDGER_OPENED);
    CLEANUP_FREE char *path = book_path(book, month, ".new");
    if (!fact || !path)
        return -ENOMEM;
    int r = make_opening(book, month, fact);
    if (r == 0)
        r = months_begin_new(book->folder, month);
    if (r == 0)
        r = store_create(path, &store);
    if (r < 0)
        return r;
    struct chain chain = book->chain;
    return book_write_rows(book, store, &chain, &fact, 1);
}

// From here the month exists. The file before it is closed already.
static int name_and_open(struct book *book, const char *month)
{
    int r = months_name_new(book->folder, month);
    if (r < 0)
        return r;
    book_did(book, "month named");
    r = open_month(book, month);
    if (r == 0)
        book->new_month = book->head.sequence;
    return r;
}

static int turn_to(struct book *book, const char *month)
{
    int r = 0;
    if (book->last_seal_row != book->chain.sequence) // not again after a failure below
        r = book_seal_now(book, "month");
    if (r == 0)
        r = build(book, month);
    if (r < 0)
        return r;
    book_did(book, "month built");
    r = store_seclude(book->store);
    if (r < 0 && r != -EBUSY) // with a reader in it, it is closed with a later seal
        return r;
    book->left_open = r == -EBUSY;
    store_free(TAKE_PTR(book->store));
    r = file_sync_dir(book->folder);
    if (r < 0)
        return r;
    book_did(book, "month closed");
    return name_and_open(book, month);
}

// Months compare as text. A clock that was set back leaves the newest file open.
int book_turn(struct book *book)
{
    char month[MONTH_TEXT_SIZE];
    int r = book_ensure_open(book);
    if (r < 0)
        return r;
    moment_to_month(book_now(book).wall_ns, month);
    return strcmp(month, book->head.month) > 0 ? turn_to(book, month) : 0;
}

// The very first file.
int book_found(struct book *book)
{
    char month[MONTH_TEXT_SIZE];
    moment_to_month(book_now(book).wall_ns, month);
    if (getrandom(book->ledger, sizeof book->ledger, 0) != (ssize_t)sizeof book->ledger)
        return -EIO;
    int r = keys_create(book->vault, &book->keys);
    if (r < 0)
        return r;
    book_did(book, "first key made");
    r = build(book, month);
    if (r < 0)
        return r;
    book_did(book, "month built");
    return name_and_open(book, month);
}
