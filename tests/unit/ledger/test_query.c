// SPDX-License-Identifier: GPL-3.0-or-later
#include "ledger/query.h"

#include "../written_ledger.h"
#include "ledger/query-statement.h"
#include "ledger/reader.h"
#include "ledger/verify.h"

#include <errno.h>
#include <sys/stat.h>

static struct written_ledger w;
static char **paths;
static size_t n_paths;

// Five rows of people's, over two months, between the ledger's own.
static void setup(void)
{
    written_begin(&w, "2026-10-31 09:00");
    written_row(&w, "2026-10-31 10:00", FACT_USB_BLOCKED, "sato", "0951:1666:A", "{\"n\":1}");
    written_row(&w, "2026-10-31 23:59", FACT_USB_ALLOWED, "sato", "046d:c31c", NULL);
    written_row(&w, "2026-11-01 00:01", FACT_USB_REMOVED, "suzuki", "0951:1666:A", NULL);
    written_row(&w, "2026-11-02 10:00", FACT_MEDIUM_WRITTEN, "sato", "/srv/data/a.xlsx", NULL);
    written_row(&w, "2026-11-02 10:01", FACT_USB_BLOCKED, NULL, "05ac:12a8", NULL);
    CLEANUP_FREE char *folder = text_format("%s/ledger", w.folder);
    cr_assert_eq(query_list_months(folder, &paths, &n_paths), 0);
}

static void teardown(void)
{
    query_free_paths(paths);
    written_remove(&w);
}

TestSuite(query, .init = setup, .fini = teardown);

struct found {
    size_t n;
    uint64_t first, last;
    char objects[512]; // joined by a space
};

static int collect(void *context, const struct query_row *row)
{
    struct found *found = context;
    cr_assert_gt(row->sequence, found->last, "in order");
    if (found->n++ == 0)
        found->first = row->sequence;
    found->last = row->sequence;
    if (row->fact.object && strncmp(row->kind_name, "ledger.", 7) != 0) {
        size_t used = strlen(found->objects);
        snprintf(found->objects + used, sizeof found->objects - used, "%s%s", used ? " " : "",
                 row->fact.object);
    }
    return 0;
}

static struct found ask(struct query_filter filter)
{
    struct found found = {0};
    cr_assert_eq(query_run((const char *const *)paths, n_paths, &filter, collect, &found), 0);
    return found;
}

Test(query, months_are_listed_in_order_and_nothing_else)
{
    cr_assert_eq(n_paths, 2);
    cr_expect(strstr(paths[0], "2026-10.db"));
    cr_expect(strstr(paths[1], "2026-11.db"));
    cr_expect_null(paths[2]);
}

Test(query, without_a_filter_every_row_of_every_month_comes_once)
{
    struct found found = ask((struct query_filter){.severity = -1});
    cr_expect_eq(found.first, 1);
    cr_expect_eq(found.n, found.last);
    cr_expect_str_eq(found.objects, "0951:1666:A 046d:c31c 0951:1666:A /srv/data/a.xlsx 05ac:12a8");
}

Test(query, a_kind_is_exact_or_begins_so)
{
    cr_expect_str_eq(ask((struct query_filter){.kind = "usb.blocked"}).objects,
                     "0951:1666:A 05ac:12a8");
    cr_expect_eq(ask((struct query_filter){.kind = "usb.*"}).n, 4);
    cr_expect_eq(ask((struct query_filter){.kind = "usb"}).n, 0);
    cr_expect_eq(ask((struct query_filter){.kind = "' OR 1=1 --"}).n, 0);
}

Test(query, filters_hold_together)
{
    cr_expect_str_eq(ask((struct query_filter){.kind = "usb.*", .user = "sato"}).objects,
                     "0951:1666:A 046d:c31c");
    cr_expect_str_eq(ask((struct query_filter){.path = "/srv/*"}).objects, "/srv/data/a.xlsx");
    cr_expect_str_eq(ask((struct query_filter){.severity = SEVERITY_VIOLATION}).objects,
                     "0951:1666:A 05ac:12a8");
}

Test(query, the_second_path_of_a_renamed_file_is_found_too)
{
    written_row(&w, "2026-11-02 11:00", FACT_FILE_RENAMED, "sato", "/srv/data/b.tmp",
                "{\"to\":\"/srv/data/b.xlsx\"}");
    written_row(&w, "2026-11-02 11:01", FACT_FILE_READ, "sato", "/srv/data/c",
                "{\"note\":\"\\\"to\\\": /srv/data/b.xlsx\"}");
    cr_expect_str_eq(ask((struct query_filter){.path = "/srv/data/b.xlsx"}).objects,
                     "/srv/data/b.tmp");
    cr_expect_str_eq(ask((struct query_filter){.path = "/srv/data/b.tmp"}).objects,
                     "/srv/data/b.tmp");
}

Test(query, a_path_is_found_by_what_it_begins_with)
{
    static const struct {
        const char *glob, *found;
    } cases[] = {
        {"/srv/個人/*", "/srv/個人/い /srv/個人/ろ"},
        {"/srv/個人/い", "/srv/個人/い"},
        {"/srv/個", ""},
        {"/srv/[a-z個]*/い", "/srv/個人/い"},
        {"/*", "/srv/data/a.xlsx /srv/個人/い /srv/個人/ろ /srv/x /srv/y"},
        {"*", "0951:1666:A 046d:c31c 0951:1666:A /srv/data/a.xlsx 05ac:12a8 /srv/個人/い "
              "/srv/個人/ろ /srv/x /srv/y"},
        {"", ""},
        {"*ろ", "/srv/個人/ろ"},
        {"/moved/*", "/srv/x"},
        {"/moved/x\"y", "/srv/x"},
        {"[/]moved/*", "/srv/x"},
        {"/escaped/é", "/srv/y"},
        {"/srv/\xff*", ""},
        {"/srv/x[", ""},
    };
    written_row(&w, "2026-11-02 11:00", FACT_FILE_READ, "sato", "/srv/個人/い", NULL);
    written_row(&w, "2026-11-02 11:01", FACT_FILE_READ, "sato", "/srv/個人/ろ", NULL);
    written_row(&w, "2026-11-02 11:02", FACT_FILE_RENAMED, "sato", "/srv/x",
                "{\"to\":\"/moved/x\\\"y\"}");
    written_row(&w, "2026-11-02 11:03", FACT_FILE_RENAMED, "sato", "/srv/y",
                "{\"to\":\"\\/esc\\u0061ped\\/\\u00e9\"}");
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        struct found found = ask((struct query_filter){.path = cases[i].glob});
        cr_expect_str_eq(found.objects, cases[i].found, "%s", cases[i].glob);
    }
}

// How SQLite goes about it; "" if the statement can't be made.
static char *plan_of(const char *path, const struct query_filter *filter)
{
    CLEANUP(reader_close_p) sqlite3 *db = NULL;
    CLEANUP(query_finalize_p) sqlite3_stmt *asked = NULL;
    CLEANUP(query_finalize_p) sqlite3_stmt *plan = NULL;
    cr_assert_eq(reader_open(path, &db), 0);
    cr_assert_eq(query_prepare(db, filter, 0, false, &asked), 0);
    CLEANUP_FREE char *sql = text_format("EXPLAIN QUERY PLAN %s", sqlite3_sql(asked));
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &plan, NULL), SQLITE_OK);
    char *all = text_dup("");
    while (sqlite3_step(plan) == SQLITE_ROW) {
        CLEANUP_FREE char *before = all;
        all = text_format("%s%s\n", before, (const char *)sqlite3_column_text(plan, 3));
    }
    return all;
}

Test(query, no_table_is_gone_through_for_a_path_or_a_kind)
{
    const struct query_filter filters[] = {
        {.path = "/srv/data/*"},
        {.path = "/srv/data/a.xlsx", .without = "trail.read"},
        {.kind = "file.deleted"},
        {.kind = "usb.*"},
    };
    for (size_t i = 0; i < ELEMENTS(filters); i++) {
        CLEANUP_FREE char *plan = plan_of(paths[1], &filters[i]);
        cr_expect_null(strstr(plan, "SCAN e\n"), "%s", plan);
        cr_expect_null(strstr(plan, "SCAN event"), "%s", plan);
        cr_expect_null(strstr(plan, "SCAN text\n"), "%s", plan);
    }
}

Test(query, who_only_counts_is_told_no_names_and_finds_by_them_all_the_same)
{
    struct found found =
        ask((struct query_filter){.severity = -1, .path = "0951:1666:A", .nameless = true});
    cr_expect_eq(found.n, 2);
    cr_expect_str_eq(found.objects, "");
}

Test(query, a_kind_can_be_left_out)
{
    cr_expect_str_eq(ask((struct query_filter){.without = "usb.blocked"}).objects,
                     "046d:c31c 0951:1666:A /srv/data/a.xlsx");
    cr_expect_str_eq(ask((struct query_filter){.kind = "usb.*", .without = "usb.blocked"}).objects,
                     "046d:c31c 0951:1666:A");
}

Test(query, a_row_that_came_late_is_found_by_its_own_time)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(FACT_FILE_DELETED);
    uint64_t ticket;
    struct query_filter october = {.kind = "file.*"};
    cr_assert_eq(moment_parse("2026-10-05 09:00", &fact->at.wall_ns), 0);
    cr_assert_eq(moment_parse("2026-11-01", &october.until_ns), 0);
    memset(fact->at.boot, 'a', sizeof fact->at.boot - 1);
    cr_assert_eq(text_set(&fact->object, "/srv/data/late"), 0);
    cr_assert_eq(ledger_append(w.ledger, fact, &ticket), 0);
    cr_assert_eq(ledger_wait(w.ledger, ticket, 10 * NS_PER_S), 0);
    cr_expect_str_eq(ask(october).objects, "/srv/data/late", "it stands in November's file");
}

Test(query, a_time_is_half_open)
{
    struct query_filter filter = {.kind = "usb.*"};
    cr_assert_eq(moment_parse("2026-10-31 23:59", &filter.since_ns), 0);
    cr_assert_eq(moment_parse("2026-11-02 10:01", &filter.until_ns), 0);
    cr_expect_str_eq(ask(filter).objects, "046d:c31c 0951:1666:A");
}

Test(query, a_limit_leaves_the_newest_over_the_turn_of_the_month)
{
    cr_expect_str_eq(ask((struct query_filter){.kind = "usb.*", .limit = 3}).objects,
                     "046d:c31c 0951:1666:A 05ac:12a8");
    cr_expect_str_eq(ask((struct query_filter){.kind = "usb.*", .limit = 1}).objects, "05ac:12a8");
    cr_expect_eq(ask((struct query_filter){.kind = "usb.*", .limit = 99}).n, 4);
}

Test(query, rows_after_a_sequence_are_what_came_since)
{
    // The seal that follows the violation stands before the next row.
    written_row(&w, "2026-11-02 10:01", FACT_USB_REMOVED, NULL, "05ac:12a8", NULL);
    struct found all = ask((struct query_filter){.severity = -1});
    struct found none = ask((struct query_filter){.severity = -1, .after_sequence = all.last});
    cr_expect_eq(none.n, 0);
    written_row(&w, "2026-11-02 10:02", FACT_USB_REMOVED, NULL, "05ac:12a8", NULL);
    struct found one = ask((struct query_filter){.severity = -1, .after_sequence = all.last});
    cr_expect_str_eq(one.objects, "05ac:12a8", "also beside the writer");
}

static int stop_at_second(void *context, const struct query_row *row)
{
    size_t *n = context;
    (void)row;
    return ++*n == 2 ? 7 : 0;
}

Test(query, a_positive_answer_ends_the_query_and_is_its_result)
{
    const struct query_filter all = {.severity = -1};
    size_t n = 0;
    cr_expect_eq(query_run((const char *const *)paths, n_paths, &all, stop_at_second, &n), 7);
    cr_expect_eq(n, 2);
}

Test(query, what_is_no_ledger_is_said_so)
{
    CLEANUP_FREE char *path = text_format("%s/2026-01.db", w.folder);
    const struct query_filter all = {.severity = -1};
    size_t n = 0;
    cr_expect_eq(query_run((const char *const *)&path, 1, &all, stop_at_second, &n), -ENOENT);
    FILE *file = fopen(path, "w");
    fputs("this is no database, but it is long enough to be looked at as one", file);
    (void)fclose(file);
    cr_expect_eq(query_run((const char *const *)&path, 1, &all, stop_at_second, &n), -EBADMSG);
}

Test(reader, a_copy_of_the_open_month_is_a_closed_file_that_verifies, .init = setup,
     .fini = teardown)
{
    CLEANUP_FREE char *copy = text_format("%s/2026-11.db", w.folder);
    CLEANUP_FREE char *wal = text_format("%s-wal", copy);
    struct verify_result result = {0};
    const struct verify_witness nothing = {0};
    cr_assert_eq(reader_copy(paths[1], copy), 0);
    cr_expect_neq(access(wal, F_OK), 0);
    cr_assert_eq(verify_files((const char *const *)&copy, 1, &nothing, &result), 0);
    cr_expect_eq(result.outcome, VERIFY_OPEN_END, "%s",
                 result.n_faults ? result.faults[0].what : "");
    verify_result_clear(&result);
}
