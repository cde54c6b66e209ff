// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes what verify reads: the input is a list of changes to a real month, to its bytes and to its
// rows. With the last head known, "whole" must mean that every row is as it was.
#include "base/file.h"
#include "base/text.h"
#include "ledger/book.h"
#include "ledger/verify.h"

#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MAX (1u << 20)
#define OPERATIONS_MAX 16

// Two months as they were written, once; the first is the one that is changed.
struct original {
    char folder[64];
    uint64_t wall_ns; // the clock while they are written
    char *path;
    char *next;
    char *bytes;
    size_t length;
    struct verify_witness witness;
    uint8_t answers[DIGEST_SIZE];
};

static void must(bool ok)
{
    if (!ok)
        abort();
}

// ---- The original ------------------------------------------------------------------------------

static struct moment now(void *context)
{
    const struct original *original = context;
    return (struct moment){.wall_ns = original->wall_ns,
                           .boot = "0123456789abcdef0123456789abcdef"};
}

static void write_month(struct original *original, struct book *book)
{
    uint64_t sequence;
    for (unsigned i = 0; i < 12; i++) {
        CLEANUP(fact_free_p) struct fact *fact = book_fact(book, FACT_MEDIUM_WRITTEN);
        must(fact && text_set(&fact->object, i % 2 ? "/srv/a" : "/srv/b") == 0);
        must(book_append(book, &fact, 1, &sequence) == 0);
        if (i % 4 == 3)
            must(book_seal(book, "interval", &sequence) == 0);
    }
    const struct ledger_head *head = book_head(book);
    original->witness = (struct verify_witness){
        .has_head = true, .sequence = head->sequence, .head_length = DIGEST_SIZE};
    memcpy(original->witness.head, head->hash, DIGEST_SIZE);
}

static void write_months(struct original *original)
{
    CLEANUP(book_free_p) struct book *book = NULL;
    CLEANUP_CLOSE int state = open(original->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int trouble = 0;
    struct ledger_options options = {.state = state,
                                     .state_path = original->folder,
                                     .host = "fuzz",
                                     .now = now,
                                     .context = original};
    original->wall_ns = UINT64_C(1793847600) * NS_PER_S; // 2026-11-05
    must(state >= 0 && book_open(&options, &book, &trouble) == 0 && trouble == 0);
    write_month(original, book);
    original->wall_ns += 30 * 86400 * NS_PER_S;
    write_month(original, book);
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *ftw)
{
    (void)status;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void digest_answers(const char *path, uint8_t ret[DIGEST_SIZE])
{
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;
    must(digest_new(&digest) == 0);
    must(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
    must(sqlite3_prepare_v2(db, "SELECT * FROM events ORDER BY seq", -1, &rows, NULL) == SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(rows); i++) {
            const void *value = sqlite3_column_blob(rows, i);
            int length = sqlite3_column_bytes(rows, i);
            digest_add(digest, &length, sizeof length);
            digest_add(digest, value ? value : "", (size_t)length);
        }
    }
    (void)sqlite3_finalize(rows);
    (void)sqlite3_close(db);
    digest_end(digest, ret);
}

static struct original the_original = {.folder = "/tmp/sekisho-fuzz.XXXXXX"};

static void remove_original(void)
{
    (void)nftw(the_original.folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static const struct original *original(void)
{
    struct original *original = &the_original;
    if (original->bytes)
        return original;
    must(setenv("TZ", "UTC", 1) == 0 && mkdtemp(original->folder) && atexit(remove_original) == 0);
    write_months(original);
    original->path = text_format("%s/ledger/2026-11.db", original->folder);
    original->next = text_format("%s/ledger/2026-12.db", original->folder);
    must(original->path && original->next &&
         file_read_at(AT_FDCWD, original->path, FILE_MAX, &original->bytes, &original->length) ==
             0);
    digest_answers(original->path, original->answers);
    return original;
}

// ---- Changes -----------------------------------------------------------------------------------

struct input {
    const uint8_t *data;
    size_t left;
};

static uint32_t take(struct input *input, size_t bytes)
{
    uint32_t value = 0;
    for (; bytes > 0; bytes--) {
        value = value << 8 | (input->left > 0 ? *input->data : 0);
        input->data += input->left > 0;
        input->left -= input->left > 0;
    }
    return value;
}

// A number, NULL, a text or a blob; a text may be one that a row of the ledger could hold.
static void bind_value(struct input *input, sqlite3_stmt *statement, int at)
{
    uint32_t type = take(input, 1) % 4, length;
    switch (type) {
    case 0:
        (void)sqlite3_bind_int64(statement, at, (int32_t)take(input, 4));
        return;
    case 1:
        (void)sqlite3_bind_null(statement, at);
        return;
    default:
        length = take(input, 2);
        length = length < input->left ? length : (uint32_t)input->left;
        if (type == 2)
            (void)sqlite3_bind_text(statement, at, (const char *)input->data, (int)length,
                                    SQLITE_TRANSIENT);
        else
            (void)sqlite3_bind_blob(statement, at, input->data, (int)length, SQLITE_TRANSIENT);
        input->data += length;
        input->left -= length;
    }
}

static void change_rows(struct input *input, sqlite3 *db)
{
    static const char *const changes[] = {
        "UPDATE event SET wall_ns = ?1 WHERE seq = ?2",
        "UPDATE event SET mono_ns = ?1 WHERE seq = ?2",
        "UPDATE event SET boot = ?1 WHERE seq = ?2",
        "UPDATE event SET kind = ?1 WHERE seq = ?2",
        "UPDATE event SET severity = ?1 WHERE seq = ?2",
        "UPDATE event SET uid = ?1 WHERE seq = ?2",
        "UPDATE event SET pid = ?1 WHERE seq = ?2",
        "UPDATE event SET object = ?1 WHERE seq = ?2",
        "UPDATE event SET details = ?1 WHERE seq = ?2",
        "UPDATE event SET mark = ?1 WHERE seq = ?2",
        "UPDATE event SET seq = ?1 WHERE seq = ?2",
        "DELETE FROM event WHERE ?1 IS NOT NULL AND seq = ?2",
        "DELETE FROM event WHERE ?1 IS NOT NULL AND seq >= ?2",
        "DELETE FROM text WHERE ?1 IS NOT NULL AND id = ?2",
        "UPDATE text SET value = ?1 WHERE id = ?2",
        "UPDATE text SET id = ?1 WHERE id = ?2",
        "UPDATE text SET value = replace(value, '\"epoch\":1', '\"epoch\":3') WHERE ?1 AND id >= "
        "?2",
        "UPDATE text SET value = replace(value, '\"covers\":', '\"covers\":1') WHERE ?1 AND id >= "
        "?2",
        "UPDATE text SET value = replace(value, 'interval', 'manual') WHERE ?1 AND id >= ?2",
    };
    sqlite3_stmt *statement = NULL;
    uint32_t change = take(input, 1), row = take(input, 1);
    if (sqlite3_prepare_v2(db, changes[change % ELEMENTS(changes)], -1, &statement, NULL) !=
        SQLITE_OK)
        return;
    bind_value(input, statement, 1);
    (void)sqlite3_bind_int64(statement, 2, row % 40);
    (void)sqlite3_step(statement);
    (void)sqlite3_finalize(statement);
}

static void change_schema(struct input *input, sqlite3 *db)
{
    static const char *const changes[] = {
        "CREATE TABLE t(x)",
        "DROP INDEX event_kind",
        "DROP VIEW events",
        "PRAGMA user_version = 1",
        "CREATE TRIGGER t AFTER INSERT ON event BEGIN SELECT 1; END",
    };
    (void)sqlite3_exec(db, changes[take(input, 1) % ELEMENTS(changes)], NULL, NULL, NULL);
}

// What is left of the month after the changes of rows; the caller frees it by sqlite3_free().
static unsigned char *changed_rows(const struct original *from, struct input *input,
                                   sqlite3_int64 *ret_length)
{
    sqlite3 *db = NULL;
    unsigned char *bytes = sqlite3_malloc64(from->length);
    must(bytes && sqlite3_open(":memory:", &db) == SQLITE_OK);
    memcpy(bytes, from->bytes, from->length);
    must(sqlite3_deserialize(
             db, "main", bytes, (sqlite3_int64)from->length, (sqlite3_int64)from->length,
             SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) == SQLITE_OK);
    for (uint32_t n = take(input, 1) % OPERATIONS_MAX; n > 0; n--) {
        if (take(input, 1) % 16 == 0)
            change_schema(input, db);
        else
            change_rows(input, db);
    }
    unsigned char *changed = sqlite3_serialize(db, "main", ret_length, 0);
    must(changed != NULL);
    (void)sqlite3_close(db);
    return changed;
}

static void change_bytes(struct input *input, unsigned char *bytes, size_t length)
{
    for (uint32_t n = take(input, 1) % OPERATIONS_MAX; n > 0; n--) {
        uint32_t at = take(input, 1) % 2 ? take(input, 1) % 100 : take(input, 3);
        bytes[at % length] = (unsigned char)take(input, 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct original *from = original();
    struct input input = {.data = data, .left = size};
    struct verify_result result = {0};
    sqlite3_int64 length = 0;
    unsigned char *bytes = changed_rows(from, &input, &length);
    change_bytes(&input, bytes, (size_t)length);
    if (take(&input, 1) == 1)
        length -= take(&input, 2) % length;

    CLEANUP_CLOSE int fd = open(from->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    must(fd >= 0 && file_write_all(fd, bytes, (size_t)length) == 0);
    sqlite3_free(bytes);

    const char *const paths[] = {from->next, from->path};
    must(verify_files(paths, ELEMENTS(paths), &from->witness, &result) == 0);
    must((result.outcome == VERIFY_BROKEN) == (result.n_faults > 0));
    if (result.outcome == VERIFY_WHOLE) {
        uint8_t answers[DIGEST_SIZE];
        digest_answers(from->path, answers);
        must(memcmp(answers, from->answers, DIGEST_SIZE) == 0);
    }
    verify_result_clear(&result);
    return 0;
}
