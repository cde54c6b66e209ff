// SPDX-License-Identifier: GPL-3.0-or-later
#include "ledger/tally.h"

#include "base/text.h"
#include "ledger/query.h"
#include "ledger/store.h"
#include "world.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define QUARTER(n) ((n)*TALLY_QUARTER_NS)

// ---- Counting ----------------------------------------------------------------------------------

enum { NOBODY, SATO = 7, READ = 3, WRITTEN = 4 };

struct told {
    uint64_t sequence, wall_ns, user;
    const char *kind, *outcome, *details;
    uint32_t uid;
};

static void add(struct tally *tally, const struct told *told)
{
    struct fact_row row = {.sequence = told->sequence,
                           .wall_ns = told->wall_ns,
                           .uid = told->uid ? told->uid : FACT_NO_UID};
    uint64_t ids[FACT_TEXT_MAX] = {[FACT_TEXT_KIND] =
                                       text_equal(told->kind, "file.read") ? READ : WRITTEN,
                                   [FACT_TEXT_USER] = told->user};
    row.texts[FACT_TEXT_KIND].data = told->kind;
    row.texts[FACT_TEXT_OUTCOME].data = told->outcome;
    if (told->details)
        row.texts[FACT_TEXT_DETAILS] =
            (struct fact_text){told->details, (uint32_t)strlen(told->details)};
    tally_add(tally, &row, ids);
}

struct said {
    char text[1024];
};

static int say(void *context, const struct tally_entry *entry)
{
    struct said *said = context;
    size_t used = strlen(said->text);
    snprintf(said->text + used, sizeof said->text - used,
             "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "; ",
             entry->quarter, entry->kind, entry->user, entry->uid, entry->refused, entry->times);
    return 0;
}

static struct said take(struct tally *tally)
{
    CLEANUP_FREE uint8_t *blob = NULL;
    struct said said = {""};
    size_t size;
    cr_assert_eq(tally_take(tally, &blob, &size), 0);
    cr_assert_eq(tally_read(blob, size, say, &said), 0);
    return said;
}

static void expect(const struct told *told, size_t n, const char *expected)
{
    CLEANUP(tally_free_p) struct tally *tally = NULL;
    cr_assert_eq(tally_new(&tally), 0);
    for (size_t i = 0; i < n; i++)
        add(tally, &told[i]);
    cr_expect_str_eq(take(tally).text, expected);
}

Test(tally, rows_of_one_person_kind_and_quarter_are_one_entry)
{
    const struct told told[] = {
        {1, QUARTER(9) + 1, SATO, "file.written", "done", NULL, 1000},
        {2, QUARTER(8), SATO, "file.read", "done", NULL, 1000},
        {3, QUARTER(9) - 1, SATO, "file.read", "done", "{\"saved\":\"rename\"}", 1000},
        {4, QUARTER(9), SATO, "file.read", "done", NULL, 1000},
    };
    expect(told, ELEMENTS(told), "8 3 7 0 0 2; 9 3 7 0 0 1; 9 4 7 0 0 1; ");
}

Test(tally, repeats_count_as_often_as_they_say)
{
    const struct told told[] = {
        {1, 0, SATO, "file.read", "done", "{\"of\":1,\"count\":40}", 0},
        {2, 0, SATO, "file.read", "done", "{\"count\":40}", 0},
        {3, 0, SATO, "file.read", "done", "{\"of\":1}", 0},
        {4, 0, SATO, "file.read", "done", "{\"of\":1,\"count\":-1}", 0},
        {5, 0, SATO, "file.read", "done", "{\"of\":1,\"count\":1.0}", 0},
        {6, 0, SATO, "file.read", "done", "{\"of\":1,\"count\":9223372036854775808}", 0},
        {7, 0, SATO, "file.read", "done", "{\"of\":1,\"count\":99999999999999999999}", 0},
    };
    expect(told, ELEMENTS(told), "0 3 7 0 0 41; ");
}

Test(tally, folders_and_what_is_no_file_do_not_count_but_what_was_refused_does)
{
    const struct told told[] = {
        {1, 0, SATO, "file.read", "done", "{\"folder\":true}", 0},
        {2, 0, SATO, "file.read", "refused", "{\"folder\":true}", 0},
        {3, 0, SATO, "login.failed", NULL, NULL, 0},
        {4, 0, SATO, "medium.mounted", NULL, NULL, 0},
        {5, 0, SATO, "medium.written", NULL, NULL, 0},
    };
    expect(told, ELEMENTS(told), "0 3 7 0 1 1; 0 4 7 0 0 1; ");
}

Test(tally, the_nameless_are_told_apart_by_their_number)
{
    const struct told told[] = {
        {1, 0, NOBODY, "file.read", "done", NULL, 1000},
        {2, 0, NOBODY, "file.read", "done", NULL, 1001},
        {3, 0, NOBODY, "file.read", "done", NULL, 0},
    };
    expect(told, ELEMENTS(told), "0 3 0 0 0 1; 0 3 0 1001 0 1; 0 3 0 1002 0 1; ");
}

Test(tally, a_block_begins_with_nothing)
{
    const struct told told[] = {
        {2047, 0, SATO, "file.read", "done", NULL, 0},
        {2049, 0, SATO, "file.read", "done", NULL, 0},
    };
    cr_expect(tally_ends(2048) && !tally_ends(2047) && !tally_ends(2049));
    cr_expect_eq(tally_block(2048), 0);
    cr_expect_eq(tally_block(2049), 1);
    expect(told, ELEMENTS(told), "0 3 7 0 0 1; ");
}

Test(tally, a_blob_that_ends_within_an_entry_is_refused)
{
    static const uint8_t cut[] = {1, 2, 3, 4, 5}, endless[16] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                                                 0x80, 0x80, 0x80, 0x80, 0x80};
    struct said said = {""};
    cr_expect_eq(tally_read(cut, sizeof cut, say, &said), -EBADMSG);
    cr_expect_eq(tally_read(endless, sizeof endless, say, &said), -EBADMSG);
    cr_expect_eq(tally_read(cut, 0, say, &said), 0);
    cr_expect_str_eq(said.text, "");
}

// ---- In the ledger -----------------------------------------------------------------------------

static struct world world;

static void setup(void)
{
    world_begin(&world);
}

static void teardown(void)
{
    world_end(&world);
}

TestSuite(tallies, .init = setup, .fini = teardown);

static void write_rows(struct ledger *ledger, unsigned n)
{
    for (unsigned i = 0; i < n; i += 500)
        world_write(&world, ledger, FACT_FILE_READ, n - i < 500 ? n - i : 500);
}

// A start in the middle of a block, and one right behind one.
static void write_blocks(void)
{
    struct ledger *ledger = world_open(&world);
    write_rows(ledger, 1000);
    ledger_close(ledger);
    ledger = world_open(&world);
    write_rows(ledger, 3500);
    ledger_close(ledger);
}

static int sum(void *context, const struct query_total *total)
{
    cr_expect_eq(total->kind, FACT_FILE_READ);
    *(uint64_t *)context += total->times;
    return 0;
}

Test(tallies, hold_each_row_of_whole_blocks_once_over_a_restart)
{
    uint64_t total = 0, counted = 0;
    write_blocks();
    world_expect_unbroken(&world, NULL);
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-11.db");
    cr_assert_eq(query_totals(path, sum, &total, &counted), 0);
    cr_expect_eq(counted, 4096);
    cr_expect_eq(total, world_number(&world, "2026-11",
                                     "SELECT count(*) FROM events WHERE kind = 'file.read' "
                                     "AND seq <= 4096"));
}

Test(tallies, a_changed_total_is_named_by_its_rows)
{
    write_blocks();
    world_tamper(&world, "2026-11", "UPDATE tally SET counts = x'010203040506' WHERE block = 1");
    world_expect_fault(&world, NULL, "the totals of rows 2049 to 4096 are not those of the rows");
}

Test(tallies, a_total_that_is_missing_is_a_fault_and_its_rows_are_counted)
{
    uint64_t total = 0, counted = 0;
    write_blocks();
    world_tamper(&world, "2026-11", "DELETE FROM tally WHERE block = 0");
    world_expect_fault(&world, NULL, "the totals of rows 1 to 2048 are not those of the rows");
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-11.db");
    cr_assert_eq(query_totals(path, sum, &total, &counted), 0);
    cr_expect_eq(counted, 0);
    cr_expect_eq(total, 0);
}

Test(tallies, a_total_of_rows_that_are_not_there_is_a_fault)
{
    write_blocks();
    world_tamper(&world, "2026-11", "INSERT INTO tally VALUES(2, x'')");
    world_expect_fault(&world, NULL, "the file holds totals of rows that it does not have");
}

Test(tallies, a_text_in_place_of_a_blob_is_a_fault)
{
    write_blocks();
    world_tamper(&world, "2026-11",
                 "UPDATE tally SET counts = CAST(counts AS TEXT) WHERE block = 0");
    world_expect_fault(&world, NULL, "the totals of rows 1 to 2048 are not those of the rows");
}

Test(tallies, what_a_failed_transaction_took_along_is_counted_once)
{
    CLEANUP(store_free_p) struct store *store = NULL;
    CLEANUP_FREE char *path = world_file(&world, "trial.db");
    CLEANUP(fact_free_p) struct fact *fact = world_fact(&world, FACT_FILE_READ, 1);
    struct fact_row row;
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    (void)fclose(file);
    cr_assert_eq(store_create(path, &store), 0);
    for (unsigned failed = 1; failed <= 2; failed++) {
        cr_assert_eq(store_begin(store), 0);
        for (uint64_t n = failed == 1 ? 1 : 2001; n <= (failed == 1 ? 2000 : TALLY_BLOCK); n++) {
            cr_assert_eq(fact_to_row(fact, n, &row), 0);
            cr_assert_eq(store_insert(store, &row, 0), 0);
        }
        if (failed == 1) // one that holds, …
            cr_assert_eq(store_commit(store), 0);
        else // … and one that fails after its block was full
            store_rollback(store);
    }
    cr_assert_eq(store_begin(store), 0);
    for (uint64_t n = 2001; n <= TALLY_BLOCK; n++) {
        cr_assert_eq(fact_to_row(fact, n, &row), 0);
        cr_assert_eq(store_insert(store, &row, 0), 0);
    }
    cr_assert_eq(store_commit(store), 0);
    store_free(TAKE_PTR(store));
    uint64_t total = 0, counted;
    cr_assert_eq(query_totals(path, sum, &total, &counted), 0);
    cr_expect_eq(counted, TALLY_BLOCK);
    cr_expect_eq(total, TALLY_BLOCK);
}
