// SPDX-License-Identifier: GPL-3.0-or-later
#include "ledger/dictionary.h"

#include <criterion/criterion.h>
#include <errno.h>

static sqlite3 *db;
static struct dictionary *dictionary;

// The numbers 1 to 1000, each with itself as its text.
static void setup(void)
{
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db,
                              "CREATE TABLE text(id INTEGER PRIMARY KEY, value TEXT NOT NULL);"
                              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                              "WHERE i < 1000) INSERT INTO text SELECT i, 'text ' || i FROM n",
                              NULL, NULL, NULL),
                 SQLITE_OK);
    cr_assert_eq(dictionary_new(db, &dictionary), 0);
}

static void teardown(void)
{
    dictionary_free(dictionary);
    cr_assert_eq(sqlite3_close(db), SQLITE_OK, "no statement is left open");
}

TestSuite(dictionary, .init = setup, .fini = teardown);

static const char *find(unsigned column, sqlite3_int64 id)
{
    char *text = NULL;
    cr_assert_eq(dictionary_find(dictionary, column, id, &text), 0);
    return text;
}

Test(dictionary, numbers_that_share_a_slot_keep_their_own_texts)
{
    char expected[32];
    for (int round = 0; round < 2; round++)
        for (int id = 1; id <= 1000; id++) {
            (void)snprintf(expected, sizeof expected, "text %d", id);
            cr_assert_str_eq(find(0, id), expected);
        }
    cr_expect_str_eq(find(0, 7), "text 7");
    cr_expect_str_eq(find(0, 7 + DICTIONARY_SLOTS), "text 263");
    cr_expect_str_eq(find(0, 7), "text 7");
}

Test(dictionary, the_texts_of_one_row_do_not_push_each_other_out)
{
    const char *texts[DICTIONARY_COLUMNS];
    char expected[32];
    for (unsigned c = 0; c < DICTIONARY_COLUMNS; c++)
        texts[c] = find(c, 1 + c * DICTIONARY_SLOTS % 1000);
    for (unsigned c = 0; c < DICTIONARY_COLUMNS; c++) {
        (void)snprintf(expected, sizeof expected, "text %u", 1 + c * DICTIONARY_SLOTS % 1000);
        cr_expect_str_eq(texts[c], expected);
    }
}

Test(dictionary, a_number_without_a_text_has_none)
{
    cr_expect_null(find(0, 0));
    cr_expect_null(find(0, 1001));
    cr_expect_null(find(0, -1));
    cr_expect_null(find(0, 1001), "asked again");
}

Test(dictionary, a_file_without_the_table_is_no_ledger)
{
    sqlite3 *other = NULL;
    struct dictionary *none = NULL;
    cr_assert_eq(sqlite3_open(":memory:", &other), SQLITE_OK);
    cr_expect_eq(dictionary_new(other, &none), -EBADMSG);
    cr_expect_null(none);
    cr_expect_eq(sqlite3_close(other), SQLITE_OK);
}
