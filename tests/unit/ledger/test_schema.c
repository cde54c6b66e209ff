// SPDX-License-Identifier: GPL-3.0-or-later
#include "ledger/schema.h"

#include "base/file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

static sqlite3 *db;

static void setup(void)
{
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    cr_assert_eq(schema_create(db), SQLITE_OK);
}

static void teardown(void)
{
    sqlite3_close(db);
}

TestSuite(schema, .init = setup, .fini = teardown);

static void expect_difference(const char *sql, const char *expected)
{
    CLEANUP_FREE char *what = NULL;
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    cr_expect_eq(schema_compare(db, &what), 1);
    cr_expect_str_eq(what, expected);
}

Test(schema, a_new_file_has_the_schema)
{
    char *what = NULL;
    cr_expect_eq(schema_compare(db, &what), 0);
    cr_expect_null(what);
}

Test(schema, the_format_shows_each_statement_as_it_is)
{
    CLEANUP_FREE char *format = NULL;
    cr_assert_eq(
        file_read_at(AT_FDCWD, SOURCE_DIR "/agent/ledger/FORMAT.md", 1 << 20, &format, NULL), 0);
    for (size_t i = 0; i < schema_n_objects; i++) {
        CLEANUP_FREE char *line = NULL;
        cr_assert_geq(asprintf(&line, "       %s\n", schema_objects[i].sql), 0);
        cr_expect(strstr(format, line), "%s", schema_objects[i].name);
    }
}

Test(schema, an_added_trigger_is_another_schema)
{
    expect_difference("CREATE TRIGGER t AFTER INSERT ON event BEGIN SELECT 1; END",
                      "trigger \"t\"");
}

Test(schema, an_added_table_is_another_schema)
{
    expect_difference("CREATE TABLE t(x)", "table \"t\"");
}

Test(schema, a_missing_index_is_another_schema)
{
    expect_difference("DROP INDEX event_kind", "index \"event_object\"");
}

Test(schema, a_file_of_version_1_has_four_objects)
{
    char *what = NULL;
    cr_assert_eq(sqlite3_exec(db,
                              "DROP INDEX event_object; DROP INDEX event_details; "
                              "DROP INDEX text_path; DROP INDEX text_to; DROP TABLE tally; "
                              "PRAGMA user_version = 1",
                              NULL, NULL, NULL),
                 SQLITE_OK);
    cr_expect_eq(schema_compare(db, &what), 0);
    expect_difference("PRAGMA user_version = 2", "index \"event_kind\"");
}

Test(schema, a_file_of_version_1_has_no_more_than_that)
{
    expect_difference("PRAGMA user_version = 1", "table \"tally\"");
}

Test(schema, another_application_id_is_named)
{
    expect_difference("PRAGMA application_id = 7", "application_id");
}

Test(schema, another_version_is_named)
{
    expect_difference("PRAGMA user_version = 3", "user_version");
}
