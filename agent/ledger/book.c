// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a book, and its rows: each step made durable in the order that a crash can't hurt.
#include "ledger/book-parts.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/ballast.h"
#include "ledger/months.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

struct moment book_now(const struct book *book)
{
    return book->options.now ? book->options.now(book->options.context) : moment_now();
}

void book_did(const struct book *book, const char *step)
{
    if (book->options.step)
        book->options.step(book->options.context, step);
}

char *book_path(const struct book *book, const char *month, const char *suffix)
{
    return text_format("%s/%s.db%s", book->path, month, suffix);
}

// ---- Rows --------------------------------------------------------------------------------------

static int insert(struct book *book, struct store *store, struct chain *chain,
                  const struct fact *fact)
{
    struct fact_row row;
    uint8_t digest[DIGEST_SIZE];
    int r = fact_to_row(fact, chain->sequence + 1, &row);
    if (r < 0)
        return r;
    fact_row_digest(&row, book->digest, digest);
    r = store_insert(store, &row, chain_mark(digest));
    if (r == 0)
        chain_add(chain, book->digest, digest);
    return r;
}

int book_write_rows(struct book *book, struct store *store, struct chain *chain,
                    struct fact *const *facts, size_t n)
{
    struct chain next = *chain;
    int r = store_begin(store);
    for (size_t i = 0; i < n && r == 0; i++)
        r = insert(book, store, &next, facts[i]);
    if (r == 0)
        r = store_commit(store);
    if (r < 0) {
        store_rollback(store);
        return r;
    }
    *chain = next;
    return 0;
}

static void update_head(struct book *book, struct fact *const *facts, size_t n)
{
    struct ledger_head *head = &book->head;
    head->sequence = book->chain.sequence;
    memcpy(head->hash, book->chain.head, DIGEST_SIZE);
    for (size_t i = 0; i < n; i++)
        if (facts[i]->at.wall_ns > head->latest.wall_ns)
            head->latest = facts[i]->at;
    memcpy(head->boot, facts[n - 1]->at.boot, sizeof head->boot);
}

int book_write_now(struct book *book, struct fact *const *facts, size_t n)
{
    int r = book_write_rows(book, book->store, &book->chain, facts, n);
    if (r == 0)
        update_head(book, facts, n);
    return r;
}

struct fact *book_fact(const struct book *book, enum fact_kind kind)
{
    struct fact *fact = fact_new(kind);
    if (!fact)
        return NULL;
    fact->at = book_now(book);
    fact->pid = (uint32_t)getpid();
    return fact;
}

int book_append(struct book *book, struct fact *const *facts, size_t n, uint64_t *ret_first)
{
    int r = book_turn(book);
    if (r < 0)
        return r;
    uint64_t first = book->chain.sequence + 1;
    r = book_write_now(book, facts, n);
    if (r < 0)
        return r;
    book_did(book, "rows committed");
    *ret_first = first;
    return 0;
}

// ---- Life --------------------------------------------------------------------------------------

static int take_lock(struct book *book)
{
    book->lock = openat(book->folder, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (book->lock < 0)
        return -errno;
    if (flock(book->lock, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    return 0;
}

static int make(const struct ledger_options *options, struct book **ret)
{
    CLEANUP(book_free_p) struct book *book = calloc(1, sizeof *book);
    if (!book)
        return -ENOMEM;
    book->options = *options;
    book->folder = book->vault = book->lock = -1;
    book->host = text_escape(options->host, strlen(options->host), OPENING_HOST_SIZE / 4 - 4);
    book->path = text_format("%s/ledger", options->state_path);
    if (!book->host || !book->path)
        return -ENOMEM;
    int r = digest_new(&book->digest);
    if (r == 0)
        r = file_open_dir_at(options->state, "ledger", 0750, &book->folder);
    if (r == 0)
        r = file_open_dir_at(options->state, "keys", 0700, &book->vault);
    if (r == 0)
        r = file_sync_dir(options->state);
    if (r == 0)
        r = take_lock(book);
    if (r == 0)
        *ret = TAKE_PTR(book);
    return r;
}

// What an earlier process left: files that were never named, rights of an older version, files that
// a reader kept open. None of it keeps the newest file from being opened.
static void clean_up(struct book *book)
{
    (void)!months_remove_new(book->folder);
    (void)!months_share(book->folder);
    book->left_open = months_close_old(book->folder, book->path) != 0;
}

static int open_first_time(struct book *book)
{
    clean_up(book);
    int r = book_open_newest(book);
    // SQLite's shared memory needs a little room, and it calls the lack of it an I/O error.
    if ((r == -ENOSPC || r == -EIO) && ballast_release(book->folder))
        r = book_open_newest(book);
    book->is_first = r == -ENOENT;
    return book->is_first ? book_found(book) : r;
}

int book_open(const struct ledger_options *options, struct book **ret, int *ret_trouble)
{
    CLEANUP(book_free_p) struct book *book = NULL;
    int r = make(options, &book);
    if (r != 0)
        return r;
    r = open_first_time(book);
    if (r == -ENOMEM || r == -EBADMSG)
        return r;
    *ret_trouble = r;
    *ret = TAKE_PTR(book);
    return 0;
}

void book_free(struct book *book)
{
    if (!book)
        return;
    if (book->store)
        (void)!store_seclude(book->store); // with a reader in it, it stays open: also a valid form
    store_free(book->store);
    keys_forget(&book->keys);
    digest_free(book->digest);
    free(book->host);
    free(book->path);
    close_p(&book->folder);
    close_p(&book->vault);
    close_p(&book->lock);
    free(book);
}

bool book_is_new(const struct book *book)
{
    return book->head.sequence <= 1;
}

const struct ledger_head *book_head(const struct book *book)
{
    return &book->head;
}

uint64_t book_take_new_month(struct book *book)
{
    uint64_t sequence = book->new_month;
    book->new_month = 0;
    return sequence;
}

const char *book_host(const struct book *book)
{
    return book->host;
}

int book_folder(const struct book *book)
{
    return book->folder;
}
