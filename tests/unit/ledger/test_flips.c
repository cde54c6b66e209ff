// SPDX-License-Identifier: GPL-3.0-or-later
// Any changed byte either makes verify say "broken", or leaves every row and every answer as it
// was.
#include "base/digest.h"
#include "base/text.h"
#include "world.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

// Seconds under the sanitizers; SEKISHO_FULL=1 takes ten times as many.
#define FLIPS 600

static struct world world;

static void setup(void)
{
    world_begin(&world);
    world_write_three_months(&world);
}

static void teardown(void)
{
    world_end(&world);
}

TestSuite(flips, .init = setup, .fini = teardown);

// By the table, by its index, by single rows, by text, through the view.
static const char *const questions[] = {
    "SELECT * FROM event ORDER BY seq",
    "SELECT * FROM event WHERE seq = 27",
    "SELECT * FROM event WHERE seq > 40 ORDER BY seq",
    "SELECT kind, seq FROM event INDEXED BY event_kind ORDER BY kind, seq",
    "SELECT object, seq FROM event INDEXED BY event_object ORDER BY object, seq",
    "SELECT details, seq FROM event INDEXED BY event_details WHERE details NOTNULL "
    "ORDER BY details, seq",
    "SELECT value, id FROM text INDEXED BY text_path WHERE value GLOB '/*' ORDER BY value, id",
    "SELECT value, id FROM text INDEXED BY text_to WHERE value GLOB '{*\"to\":*' "
    "ORDER BY value, id",
    "SELECT seq FROM event WHERE kind IN (SELECT id FROM text WHERE value = 'usb.blocked')",
    "SELECT count(*), min(seq), max(seq), max(wall_ns) FROM event",
    "SELECT id, value FROM text ORDER BY id",
    "SELECT * FROM tally ORDER BY block",
    "SELECT value FROM text WHERE id = 5",
    "SELECT * FROM events ORDER BY seq DESC",
};

static void add_answer(sqlite3 *db, const char *question, struct digest *digest)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, question, -1, &statement, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            int type = sqlite3_column_type(statement, i);
            const void *value = sqlite3_column_blob(statement, i);
            int length = sqlite3_column_bytes(statement, i);
            digest_add(digest, &type, sizeof type);
            digest_add(digest, &length, sizeof length);
            digest_add(digest, value ? value : "", (size_t)length);
        }
        rc = SQLITE_OK;
    }
    digest_add(digest, &rc, sizeof rc);
    (void)sqlite3_finalize(statement);
}

static void digest_answers(const char *path, uint8_t ret[DIGEST_SIZE])
{
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    sqlite3 *db = NULL;
    cr_assert_eq(digest_new(&digest), 0);
    cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    for (size_t i = 0; i < ELEMENTS(questions); i++)
        add_answer(db, questions[i], digest);
    (void)sqlite3_close(db);
    digest_end(digest, ret);
}

static enum verify_outcome verify_one(const char *path)
{
    struct verify_result result = {0};
    cr_assert_eq(verify_files(&path, 1, NULL, &result), 0);
    enum verify_outcome outcome = result.outcome;
    verify_result_clear(&result);
    return outcome;
}

static unsigned long random_below(unsigned *seed, unsigned long below)
{
    return ((unsigned long)rand_r(seed) << 16 ^ (unsigned long)rand_r(seed)) % below;
}

// Half of the changes hit the first page or a single bit: settings and small numbers stand there.
static uint8_t other_byte(unsigned *seed, uint8_t byte)
{
    uint8_t other = rand_r(seed) % 2 ? (uint8_t)(byte ^ 1u << random_below(seed, 8))
                                     : (uint8_t)random_below(seed, 256);
    return other == byte ? (uint8_t)~byte : other;
}

Test(flips, are_found_or_change_no_answer)
{
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-11.db");
    CLEANUP_CLOSE int fd = open(path, O_RDWR | O_CLOEXEC);
    uint8_t expected[DIGEST_SIZE], found[DIGEST_SIZE];
    unsigned seed = 417, unseen = 0, flips = getenv("SEKISHO_FULL") ? 10 * FLIPS : FLIPS;
    struct stat status;
    cr_assert_geq(fd, 0);
    cr_assert_eq(fstat(fd, &status), 0);
    digest_answers(path, expected);
    for (unsigned i = 0; i < flips; i++) {
        off_t at = (off_t)random_below(&seed, i % 4 == 0 ? 128 : (unsigned long)status.st_size);
        uint8_t byte, other;
        cr_assert_eq(pread(fd, &byte, 1, at), 1);
        other = other_byte(&seed, byte);
        cr_assert_eq(pwrite(fd, &other, 1, at), 1);
        if (verify_one(path) != VERIFY_BROKEN) {
            digest_answers(path, found);
            cr_expect_arr_eq(found, expected, DIGEST_SIZE, "byte %lld: %02x became %02x",
                             (long long)at, byte, other);
            unseen++;
        }
        cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    }
    cr_expect_eq(verify_one(path), VERIFY_OPEN_END, "the file itself is untouched");
    cr_expect_lt(unseen, flips / 4 * 3, "the rest of so small a file is empty pages");
}
