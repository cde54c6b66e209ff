// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "fact/fact.h"
#include "fact/finding_row.h"
#include "ledger/register-set.h"
#include "ledger/registers.h"
#include "ledger/schema.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#define FEBRUARY "2026-02"
#define MARCH "2026-03"

static char folder[] = "/tmp/sekisho-registers-XXXXXX";
static int state = -1;
static struct registers *registers;

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    state = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(state, 0);
    cr_assert_eq(mkdirat(state, "ledger", 0700), 0);
}

static void teardown(void)
{
    registers_close(TAKE_PTR(registers));
    close(state);
    cr_assert_eq(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

TestSuite(registers, .init = setup, .fini = teardown);

// ---- Rows --------------------------------------------------------------------------------------

static sqlite3 *open_database(const char *name)
{
    CLEANUP_FREE char *path = text_format("%s/%s", folder, name);
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void run_sql(const char *database, const char *sql)
{
    sqlite3 *db = open_database(database);
    char *error = NULL;
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &error), SQLITE_OK, "%s", error);
    sqlite3_close(db);
}

// A row as the ledger writes it, except for what only verify looks at.
static void write_row(const char *month, uint64_t sequence, enum fact_kind kind,
                      const char *details)
{
    CLEANUP_FREE char *name = text_format("ledger/%s.db", month),
                      *path = text_format("%s/%s", folder, name);
    bool is_new = access(path, F_OK) < 0;
    sqlite3 *db = open_database(name);
    if (is_new)
        cr_assert_eq(schema_create(db), SQLITE_OK);
    char *sql = sqlite3_mprintf(
        "INSERT INTO text(value) VALUES('boot'),(%Q),(%Q);"
        "INSERT INTO event SELECT %llu, 1, 1, max(id) - 2, max(id) - 1, 1, NULL, NULL, NULL, 0,"
        " NULL, NULL, NULL, max(id), 0 FROM text",
        fact_kind_to_str(kind), details, (unsigned long long)sequence);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_free(sql);
    sqlite3_close(db);
}

static char *approval(uint64_t number, const char *serial)
{
    const struct approval value = {.number = number,
                                   .vendor = 0x0951,
                                   .product = 0x1666,
                                   .serial = (char *)serial,
                                   .granted_ns = 7,
                                   .approver = (char *)"admin",
                                   .approver_uid = 1000};
    char *json = NULL;
    cr_assert_eq(approval_to_json(&value, &json), 0);
    return json;
}

static void write_granted(const char *month, uint64_t sequence, const char *serial)
{
    CLEANUP_FREE char *details = approval(0, serial);
    write_row(month, sequence, FACT_APPROVAL_GRANTED, details);
}

static void write_ended(const char *month, uint64_t sequence, uint64_t number)
{
    CLEANUP_FREE char *details = approval(number, "any");
    write_row(month, sequence, FACT_APPROVAL_ENDED, details);
}

static void write_stated(const char *month, uint64_t sequence, const char *details)
{
    write_row(month, sequence, FACT_REGISTER_STATED, details);
}

static char *statement(unsigned part, unsigned parts, const char *entries)
{
    char *text =
        text_format("{\"register\":\"approvals\",\"part\":%u,\"parts\":%u,\"entries\":[%s]}", part,
                    parts, entries);
    cr_assert_not_null(text);
    return text;
}

// ---- What they give ----------------------------------------------------------------------------

static bool reopen(void)
{
    bool differed;
    registers_close(TAKE_PTR(registers));
    cr_assert_eq(registers_open(state, folder, &registers, &differed), 0);
    return differed;
}

// `expected`: "NUMBER:SERIAL …"
static void expect_approvals(const char *expected)
{
    char text[1024] = "";
    size_t n, length = 0;
    struct approval *const *approvals = registers_approvals(registers, &n);
    for (size_t i = 0; i < n; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s%llu:%s", i > 0 ? " " : "",
                             (unsigned long long)approvals[i]->number, approvals[i]->serial);
    cr_expect_str_eq(text, expected);
}

static int apply(enum fact_kind kind, const char *details, uint64_t sequence)
{
    CLEANUP(fact_free_p) struct fact *fact = fact_new(kind);
    fact->details = strdup(details);
    return registers_apply(registers, fact, sequence);
}

// ---- Replay ------------------------------------------------------------------------------------

Test(registers, a_workstation_without_rows_has_no_approvals)
{
    cr_expect_not(reopen());
    expect_approvals("");
}

Test(registers, an_approval_has_the_number_of_the_row_that_granted_it)
{
    write_granted(FEBRUARY, 17, "A");
    write_granted(FEBRUARY, 20, "B");
    cr_expect_not(reopen());
    expect_approvals("17:A 20:B");
}

Test(registers, an_ended_approval_is_gone)
{
    write_granted(FEBRUARY, 17, "A");
    write_granted(FEBRUARY, 20, "B");
    write_ended(MARCH, 21, 17);
    cr_expect_not(reopen());
    expect_approvals("20:B");
}

Test(registers, a_new_approval_replaces_the_one_for_the_same_device)
{
    write_granted(FEBRUARY, 17, "A");
    write_granted(MARCH, 30, "A");
    cr_expect_not(reopen());
    expect_approvals("30:A");
}

Test(registers, other_rows_in_between_matter_nothing)
{
    write_granted(FEBRUARY, 17, "A");
    write_row(FEBRUARY, 18, FACT_USB_BLOCKED, "{\"number\":17}");
    cr_expect_not(reopen());
    expect_approvals("17:A");
}

// ---- Statements --------------------------------------------------------------------------------

Test(registers, a_statement_alone_is_enough_once_the_older_month_is_pruned)
{
    CLEANUP_FREE char *a = approval(17, "A"), *details = statement(1, 1, a);
    write_stated(MARCH, 40, details);
    write_granted(MARCH, 41, "B");
    cr_expect_not(reopen());
    expect_approvals("17:A 41:B");
}

Test(registers, a_statement_replaces_what_was_there)
{
    CLEANUP_FREE char *details = statement(1, 1, "");
    write_granted(FEBRUARY, 17, "A");
    write_stated(MARCH, 40, details);
    cr_expect_not(reopen());
    expect_approvals("");
}

Test(registers, a_statement_that_the_power_cut_off_changes_nothing)
{
    CLEANUP_FREE char *b = approval(18, "B"), *first = statement(1, 2, b);
    write_granted(FEBRUARY, 17, "A");
    write_granted(FEBRUARY, 18, "B");
    write_stated(MARCH, 40, first);
    cr_expect_not(reopen());
    expect_approvals("17:A 18:B");
}

Test(registers, the_parts_of_a_statement_count_together)
{
    CLEANUP_FREE char *a = approval(17, "A"), *b = approval(18, "B"), *first = statement(1, 2, a),
                      *second = statement(2, 2, b);
    write_stated(MARCH, 40, first);
    write_stated(MARCH, 41, second);
    cr_expect_not(reopen());
    expect_approvals("17:A 18:B");
}

Test(registers, a_statement_with_a_grant_between_its_parts_is_void)
{
    CLEANUP_FREE char *a = approval(17, "A"), *b = approval(18, "B"), *first = statement(1, 2, a),
                      *second = statement(2, 2, b);
    write_stated(MARCH, 40, first);
    write_granted(MARCH, 41, "C");
    write_stated(MARCH, 42, second);
    cr_expect_not(reopen());
    expect_approvals("41:C");
    cr_expect_eq(registers_unreadable(registers), 1);
}

Test(registers, statements_of_another_register_are_left_alone)
{
    write_granted(FEBRUARY, 17, "A");
    write_stated(MARCH, 40, "{\"register\":\"permits\",\"part\":1,\"parts\":1,\"entries\":[]}");
    cr_expect_not(reopen());
    expect_approvals("17:A");
}

struct statements {
    uint64_t sequence;
    unsigned n;
};

static int write_next_statement(void *context, const char *name, const char *details)
{
    (void)name;
    struct statements *statements = context;
    write_stated(MARCH, statements->sequence++, details);
    statements->n++;
    return 0;
}

Test(registers, what_is_stated_gives_the_same_register_again)
{
    cr_expect_not(reopen());
    for (unsigned i = 1; i <= 250; i++) {
        CLEANUP_FREE char *serial = text_format("S%u", i), *details = approval(0, serial);
        cr_assert_eq(apply(FACT_APPROVAL_GRANTED, details, i), 0);
    }
    struct statements statements = {.sequence = 1000};
    cr_assert_eq(registers_state(registers, write_next_statement, &statements), 0);
    cr_expect_eq(statements.n, 3 + REGISTERS_N - 1,
                 "100 entries a row, and one for each that is empty");

    size_t n;
    cr_expect_not(reopen(), "the file names row 250, which is older than all that is left");
    struct approval *const *approvals = registers_approvals(registers, &n);
    cr_assert_eq(n, 250);
    cr_expect_eq(approvals[249]->number, 250);
    cr_expect_str_eq(approvals[249]->serial, "S250");
}

Test(registers, an_empty_register_is_stated_too)
{
    struct statements statements = {.sequence = 1};
    cr_expect_not(reopen());
    cr_assert_eq(registers_state(registers, write_next_statement, &statements), 0);
    cr_expect_eq(statements.n, REGISTERS_N);
}

// ---- Permits -----------------------------------------------------------------------------------

static char *permit(uint64_t number, const char *name)
{
    char *text = text_format(
        "{\"number\":%llu,\"permit\":\"%s\",\"from_ns\":5,\"until_ns\":9,\"links\":[],\"peers\":["
        "{\"name\":\"printer\",\"address\":\"192.168.10.20\",\"protocol\":\"tcp\",\"ports\":"
        "\"9100\","
        "\"direction\":\"out\"}],\"approver\":\"sato\",\"approver_uid\":1000,\"granted_ns\":4}",
        (unsigned long long)number, name);
    cr_assert_not_null(text);
    return text;
}

// `expected`: "NUMBER:PERMIT …"
static void expect_permits(const char *expected)
{
    char text[1024] = "";
    size_t n, length = 0;
    struct permit *const *permits = registers_permits(registers, &n);
    for (size_t i = 0; i < n; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s%llu:%s", i > 0 ? " " : "",
                             (unsigned long long)permits[i]->number, permits[i]->permit);
    cr_expect_str_eq(text, expected);
}

Test(registers, permits_are_granted_and_end_beside_the_approvals)
{
    CLEANUP_FREE char *a = permit(0, "R8-1"), *b = permit(0, "R8-2");
    write_granted(FEBRUARY, 17, "A");
    write_row(FEBRUARY, 18, FACT_PERMIT_GRANTED, a);
    write_row(FEBRUARY, 19, FACT_PERMIT_GRANTED, b);
    write_row(MARCH, 20, FACT_PERMIT_ENDED, "{\"number\":18}");
    cr_expect_not(reopen());
    expect_approvals("17:A");
    expect_permits("19:R8-2");
    cr_expect_eq(registers_unreadable(registers), 0);
}

Test(registers, one_number_of_the_citys_may_stand_twice)
{
    CLEANUP_FREE char *a = permit(0, "R8-1");
    write_row(FEBRUARY, 18, FACT_PERMIT_GRANTED, a);
    write_row(FEBRUARY, 19, FACT_PERMIT_GRANTED, a);
    cr_expect_not(reopen());
    expect_permits("18:R8-1 19:R8-1");
}

Test(registers, stated_permits_are_the_same_again)
{
    CLEANUP_FREE char *a = permit(0, "R8-1");
    cr_expect_not(reopen());
    cr_assert_eq(apply(FACT_PERMIT_GRANTED, a, 30), 0);
    struct statements statements = {.sequence = 1000};
    cr_assert_eq(registers_state(registers, write_next_statement, &statements), 0);
    cr_expect_not(reopen());
    expect_permits("30:R8-1");
}

Test(registers, a_permit_that_can_not_be_read_permits_nothing)
{
    write_row(FEBRUARY, 18, FACT_PERMIT_GRANTED, "{\"permit\":\"R8-1\"}");
    cr_expect_not(reopen());
    expect_permits("");
    cr_expect_eq(registers_unreadable(registers), 1);
}

Test(registers, a_permit_changed_in_the_file_is_a_difference_and_the_rows_win)
{
    CLEANUP_FREE char *a = permit(0, "R8-1");
    write_row(FEBRUARY, 18, FACT_PERMIT_GRANTED, a);
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "UPDATE permits SET entry = replace(entry, '9100', '1-65535')");
    cr_expect(reopen());
    expect_permits("18:R8-1");
}

Test(registers, a_file_of_the_version_before_permits_only_lags_behind)
{
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "DROP TABLE permits; ALTER TABLE approvals RENAME TO approval;"
                            "ALTER TABLE approval RENAME COLUMN entry TO approval;"
                            "PRAGMA user_version=1");
    cr_expect_not(reopen());
    expect_approvals("17:A");
    expect_permits("");
}

Test(registers, a_file_of_the_version_before_findings_only_lags_behind)
{
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "DROP TABLE findings; PRAGMA user_version=2");
    cr_expect_not(reopen());
    expect_approvals("17:A");
}

Test(registers, a_file_of_a_later_version_is_a_difference)
{
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "PRAGMA user_version=9");
    cr_expect(reopen());
    expect_approvals("17:A");
}

// ---- Findings ----------------------------------------------------------------------------------

static void expect_findings(const char *expected)
{
    char text[512] = "";
    size_t n;
    struct finding_row *const *rows = registers_findings(registers, &n);
    for (size_t i = 0; i < n; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%llu:%s=%s(%s)",
                       i > 0 ? " " : "", (unsigned long long)rows[i]->number, rows[i]->check,
                       rows[i]->finding, rows[i]->subject ? rows[i]->subject : "");
    cr_expect_str_eq(text, expected);
}

#define DEAD                                                                                       \
    "{\"check\":\"antivirus.running\",\"clause\":\"5 (9)\",\"finding\":\"violation\","             \
    "\"before\":\"ok\",\"evidence\":\"clamd is dead\"}"
#define ALIVE "{\"check\":\"antivirus.running\",\"clause\":\"5 (9)\",\"finding\":\"ok\"}"
#define PLAIN                                                                                      \
    "{\"check\":\"storage.encrypted\",\"clause\":\"5 (6)\",\"finding\":\"violation\","             \
    "\"subject\":\"/srv/a\"}"

Test(registers, of_each_check_the_last_finding_is_kept)
{
    write_row(FEBRUARY, 17, FACT_ANTIVIRUS_OK, ALIVE);
    write_row(FEBRUARY, 18, FACT_STORAGE_UNENCRYPTED, PLAIN);
    cr_expect_not(reopen());
    expect_findings("17:antivirus.running=ok() 18:storage.encrypted=violation(/srv/a)");
    write_row(FEBRUARY, 19, FACT_ANTIVIRUS_FAILED, DEAD);
    registers_close(TAKE_PTR(registers));
    cr_expect_not(reopen());
    expect_findings("18:storage.encrypted=violation(/srv/a) 19:antivirus.running=violation()");
}

Test(registers, a_row_that_is_about_no_check_is_no_finding_and_no_mistake)
{
    write_row(FEBRUARY, 17, FACT_POSTURE_FAILED, "{\"value\":\"http://proxy\"}");
    cr_expect_not(reopen());
    CLEANUP(fact_free_p) struct fact *without_details = fact_new(FACT_POSTURE_OK);
    cr_expect_eq(registers_apply(registers, without_details, 18), 0);
    expect_findings("");
    cr_expect_eq(registers_unreadable(registers), 0);
}

Test(registers, stated_findings_are_the_same_again)
{
    write_row(FEBRUARY, 17, FACT_STORAGE_UNENCRYPTED, PLAIN);
    cr_expect_not(reopen());
    write_stated(MARCH, 40,
                 "{\"register\":\"findings\",\"part\":1,\"parts\":1,\"entries\":[{\"number\":17,"
                 "\"check\":\"storage.encrypted\",\"clause\":\"5 (6)\",\"finding\":\"violation\","
                 "\"subject\":\"/srv/a\"}]}");
    registers_close(TAKE_PTR(registers));
    cr_expect_not(reopen());
    expect_findings("17:storage.encrypted=violation(/srv/a)");
}

Test(registers, a_finding_that_can_not_be_read_changes_nothing)
{
    write_row(FEBRUARY, 17, FACT_ANTIVIRUS_OK, ALIVE);
    write_row(FEBRUARY, 18, FACT_ANTIVIRUS_FAILED, "{\"check\":\"antivirus.running\"}");
    cr_expect_not(reopen());
    expect_findings("17:antivirus.running=ok()");
    cr_expect_eq(registers_unreadable(registers), 1);
}

// ---- Records -----------------------------------------------------------------------------------

static char *visit(uint64_t number, const char *visitor, bool has_left)
{
    char *text = text_format(
        "{\"number\":%llu,\"register\":\"visits\",\"clause\":\"4 "
        "(2)\",\"from_ns\":0,\"until_ns\":0,"
        "\"fields\":{\"visitor\":\"%s\",\"purpose\":\"x\",\"entered\":\"2026-03-01T08:00:00Z\"%s},"
        "\"by\":\"sato\",\"by_uid\":1000,\"made_ns\":4,\"ended_ns\":%s}",
        (unsigned long long)number, visitor, has_left ? ",\"left\":\"2026-03-01T09:00:00Z\"" : "",
        has_left ? "9,\"ended_by\":\"ito\",\"ended_by_uid\":1001" : "0");
    cr_assert_not_null(text);
    return text;
}

static void write_visit(uint64_t sequence, const char *visitor)
{
    CLEANUP_FREE char *details = visit(0, visitor, false);
    write_row(FEBRUARY, sequence, FACT_VISIT_RECORDED, details);
}

// `expected`: "NUMBER:VISITOR …", with "!" behind those that have left
static void expect_visits(const char *expected)
{
    char text[1024] = "";
    size_t n, length = 0;
    struct record *const *records = registers_records(registers, RECORD_VISITS, &n);
    for (size_t i = 0; i < n; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%llu:%s%s",
                                   i > 0 ? " " : "", (unsigned long long)records[i]->number,
                                   record_name(records[i]), records[i]->ended_ns ? "!" : "");
    cr_expect_str_eq(text, expected);
}

Test(registers, a_record_that_has_ended_stays_as_its_end_says)
{
    CLEANUP_FREE char *left = visit(18, "A", true);
    write_visit(18, "A");
    write_visit(19, "B");
    write_row(MARCH, 20, FACT_VISIT_ENDED, left);
    cr_expect_not(reopen());
    expect_visits("18:A! 19:B");
    cr_expect_not(reopen(), "the file says the same");
    cr_expect_eq(registers_unreadable(registers), 0);
}

Test(registers, an_end_of_a_record_that_never_was_adds_none)
{
    CLEANUP_FREE char *left = visit(17, "A", true);
    write_visit(18, "A");
    write_row(MARCH, 20, FACT_VISIT_ENDED, left);
    cr_expect_not(reopen());
    expect_visits("18:A");
}

Test(registers, a_record_ends_by_a_row_that_says_so_and_by_no_other)
{
    CLEANUP_FREE char *still_there = visit(18, "A", false);
    write_visit(18, "A");
    write_row(MARCH, 20, FACT_VISIT_ENDED, still_there);
    write_row(MARCH, 21, FACT_VISIT_ENDED, "{\"number\":18}");
    cr_expect_not(reopen());
    expect_visits("18:A");
    cr_expect_eq(registers_unreadable(registers), 2);
}

Test(registers, a_record_of_another_register_is_none)
{
    CLEANUP_FREE char *details = visit(0, "A", false);
    write_row(FEBRUARY, 18, FACT_ASSET_LENT, details);
    cr_expect_not(reopen());
    expect_visits("");
    cr_expect_eq(registers_unreadable(registers), 1);
}

Test(registers, in_a_full_register_the_oldest_that_has_ended_makes_room)
{
    CLEANUP_FREE char *second = visit(2, "V", true), *third = visit(3, "V", true),
                      *more = visit(0, "W", false);
    cr_expect_not(reopen());
    for (unsigned i = 1; i <= RECORDS_MAX; i++) {
        CLEANUP_FREE char *details = visit(0, "V", false);
        cr_assert_eq(apply(FACT_VISIT_RECORDED, details, i), 0);
    }
    cr_expect_eq(apply(FACT_VISIT_RECORDED, more, 1000), -ENOSPC, "all are still there");
    cr_assert_eq(apply(FACT_VISIT_ENDED, third, 1001), 0);
    cr_assert_eq(apply(FACT_VISIT_ENDED, second, 1002), 0);
    cr_assert_eq(apply(FACT_VISIT_RECORDED, more, 1003), 0);
    size_t n;
    struct record *const *records = registers_records(registers, RECORD_VISITS, &n);
    cr_assert_eq(n, RECORDS_MAX);
    cr_expect_eq(records[1]->number, 3, "the second was the oldest");
    cr_expect_eq(records[n - 1]->number, 1003);
}

Test(registers, stated_records_are_the_same_again)
{
    CLEANUP_FREE char *a = visit(0, "A", false), *b = visit(0, "B", false),
                      *left = visit(30, "A", true);
    cr_expect_not(reopen());
    cr_assert_eq(apply(FACT_VISIT_RECORDED, a, 30), 0);
    cr_assert_eq(apply(FACT_VISIT_RECORDED, b, 31), 0);
    cr_assert_eq(apply(FACT_VISIT_ENDED, left, 32), 0);
    struct statements statements = {.sequence = 1000};
    cr_assert_eq(registers_state(registers, write_next_statement, &statements), 0);
    cr_expect_not(reopen());
    expect_visits("30:A! 31:B");
}

// ---- Operators ---------------------------------------------------------------------------------

static char *operator_of(uint64_t number, const char *login, const char *trained, bool has_ended)
{
    char *text = text_format(
        "{\"number\":%llu,\"login\":\"%s\",\"uid\":1001,\"person\":\"x\",\"from_ns\":0,"
        "\"until_ns\":0,\"trainings\":[%s],\"folders\":[],\"by\":\"sato\",\"by_uid\":1000,"
        "\"made_ns\":4,\"ended_ns\":%s}",
        (unsigned long long)number, login, trained,
        has_ended ? "9,\"ended_by\":\"ito\",\"ended_by_uid\":1001" : "0");
    cr_assert_not_null(text);
    return text;
}

static void write_operator(uint64_t sequence, enum fact_kind kind, const char *login,
                           const char *trained)
{
    CLEANUP_FREE char *details = operator_of(0, login, trained, false);
    write_row(FEBRUARY, sequence, kind, details);
}

// `expected`: "NUMBER:LOGIN/TRAININGS …", with "!" behind those who have ended
static void expect_operators(const char *expected)
{
    char text[1024] = "";
    size_t n, length = 0;
    struct operator_entry *const *entries = registers_operators(registers, &n);
    for (size_t i = 0; i < n; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%llu:%s/%zu%s",
                                   i > 0 ? " " : "", (unsigned long long)entries[i]->number,
                                   entries[i]->login, entries[i]->n_trainings,
                                   entries[i]->ended_ns ? "!" : "");
    cr_expect_str_eq(text, expected);
}

#define TRAINED "{\"date\":\"2026-04-08\"}"

Test(registers, each_row_of_an_operator_says_all_of_it_and_the_newest_counts)
{
    write_operator(18, FACT_OPERATOR_ADDED, "sato", "");
    write_operator(19, FACT_OPERATOR_ADDED, "ito", "");
    write_operator(20, FACT_OPERATOR_TRAINED, "sato", TRAINED);
    cr_expect_not(reopen());
    expect_operators("19:ito/0 20:sato/1");
    cr_expect_not(reopen(), "the file says the same");
    cr_expect_eq(registers_unreadable(registers), 0);
}

Test(registers, an_operator_who_was_removed_stays_beside_the_next_of_that_name)
{
    CLEANUP_FREE char *ended = operator_of(20, "sato", TRAINED, true);
    write_operator(18, FACT_OPERATOR_ADDED, "sato", "");
    write_operator(20, FACT_OPERATOR_CHANGED, "sato", TRAINED);
    write_row(MARCH, 21, FACT_OPERATOR_REMOVED, ended);
    CLEANUP_FREE char *again = operator_of(0, "sato", "", false);
    write_row(MARCH, 22, FACT_OPERATOR_ADDED, again);
    cr_expect_not(reopen());
    expect_operators("20:sato/1! 22:sato/0");
    struct statements statements = {.sequence = 1000};
    cr_assert_eq(registers_state(registers, write_next_statement, &statements), 0);
    cr_expect_not(reopen());
    expect_operators("20:sato/1! 22:sato/0");
}

Test(registers, an_operator_changed_in_the_file_is_a_difference_and_the_rows_win)
{
    write_operator(18, FACT_OPERATOR_ADDED, "sato", "");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "UPDATE operators SET entry = replace(entry, 'sato', 'ito')");
    cr_expect(reopen());
    expect_operators("18:sato/0");
}

Test(registers, a_record_changed_in_the_file_is_a_difference_and_the_rows_win)
{
    write_visit(18, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "UPDATE visits SET entry = replace(entry, '\"A\"', '\"B\"')");
    cr_expect(reopen());
    expect_visits("18:A");
}

Test(registers, a_table_of_records_that_was_taken_away_is_a_difference)
{
    write_visit(18, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "DROP TABLE visits");
    cr_expect(reopen());
    expect_visits("18:A");
}

Test(registers, a_file_of_the_version_before_records_only_lags_behind)
{
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "DROP TABLE visits; DROP TABLE reviews; PRAGMA user_version=2");
    cr_expect_not(reopen());
    expect_approvals("17:A");
    expect_visits("");
}

// ---- Rows that make no sense -------------------------------------------------------------------

Test(registers, a_grant_that_can_not_be_read_grants_nothing)
{
    write_row(FEBRUARY, 17, FACT_APPROVAL_GRANTED, "{\"vendor\":\"0951\"}");
    write_row(FEBRUARY, 18, FACT_APPROVAL_GRANTED, "no JSON");
    write_granted(FEBRUARY, 19, "A");
    cr_expect_not(reopen());
    expect_approvals("19:A");
    cr_expect_eq(registers_unreadable(registers), 2);
}

Test(registers, an_end_needs_nothing_but_the_number)
{
    write_granted(FEBRUARY, 17, "A");
    write_row(FEBRUARY, 18, FACT_APPROVAL_ENDED, "{\"number\":17,\"of a later version\":true}");
    cr_expect_not(reopen());
    expect_approvals("");
}

Test(registers, a_statement_with_one_bad_entry_is_void)
{
    CLEANUP_FREE char *a = approval(5, "Z"), *entries = text_format("%s,{}", a),
                      *details = statement(1, 1, entries);
    write_granted(FEBRUARY, 17, "A");
    write_stated(MARCH, 40, details);
    cr_expect_not(reopen());
    expect_approvals("17:A");
    cr_expect_eq(registers_unreadable(registers), 1);
}

// ---- The file ----------------------------------------------------------------------------------

Test(registers, applied_rows_are_the_same_as_replayed_ones)
{
    CLEANUP_FREE char *a = approval(0, "A"), *b = approval(0, "B"), *end = approval(17, "A");
    cr_expect_not(reopen());
    write_granted(FEBRUARY, 17, "A");
    cr_assert_eq(apply(FACT_APPROVAL_GRANTED, a, 17), 0);
    write_granted(FEBRUARY, 18, "B");
    cr_assert_eq(apply(FACT_APPROVAL_GRANTED, b, 18), 0);
    write_ended(FEBRUARY, 19, 17);
    cr_assert_eq(apply(FACT_APPROVAL_ENDED, end, 19), 0);
    expect_approvals("18:B");
    cr_expect_not(reopen());
    expect_approvals("18:B");
}

Test(registers, a_file_that_lags_behind_is_brought_up_to_date_without_alarm)
{
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    write_granted(FEBRUARY, 18, "B");
    cr_expect_not(reopen());
    expect_approvals("17:A 18:B");
}

Test(registers, a_changed_file_is_reported_and_rebuilt)
{
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "UPDATE approvals SET entry = replace(entry, '\"A\"', '\"X\"')");
    cr_expect(reopen());
    expect_approvals("17:A");
    cr_expect_not(reopen(), "rebuilt");
}

Test(registers, an_added_approval_is_reported_also_if_the_file_lags_behind)
{
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "INSERT INTO approvals SELECT 16, entry FROM approvals");
    write_granted(FEBRUARY, 18, "B");
    cr_expect(reopen());
    expect_approvals("17:A 18:B");
}

Test(registers, a_removed_approval_is_reported)
{
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "DELETE FROM approvals");
    cr_expect(reopen());
}

Test(registers, a_file_that_is_ahead_of_the_rows_is_reported)
{
    CLEANUP_FREE char *b = approval(0, "B");
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    cr_assert_eq(apply(FACT_APPROVAL_GRANTED, b, 18), 0); // a row that the ledger then lost
    cr_expect(reopen());
    expect_approvals("17:A");
}

Test(registers, a_file_that_names_a_row_of_no_approval_is_reported)
{
    write_granted(FEBRUARY, 17, "A");
    write_granted(FEBRUARY, 19, "B");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "UPDATE projected SET row = 18");
    cr_expect(reopen());
}

Test(registers, a_file_that_is_no_database_is_reported_and_rebuilt)
{
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    CLEANUP_CLOSE int fd = openat(state, REGISTERS_FILE, O_WRONLY | O_TRUNC | O_CLOEXEC);
    const char junk[] = "This is no database, but longer than one hundred bytes, which is what it "
                        "takes until SQLite looks at it at all.";
    cr_assert_eq(write(fd, junk, sizeof junk), (ssize_t)sizeof junk);
    cr_expect(reopen());
    expect_approvals("17:A");
    cr_expect_not(reopen());
}

Test(registers, a_file_with_other_tables_is_reported_and_rebuilt)
{
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    run_sql(REGISTERS_FILE, "DROP TABLE approvals");
    cr_expect(reopen());
    expect_approvals("17:A");
}

Test(registers, a_lost_file_is_made_again_without_alarm)
{
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    registers_close(TAKE_PTR(registers));
    cr_assert_eq(unlinkat(state, REGISTERS_FILE, 0), 0);
    cr_expect_not(reopen());
    expect_approvals("17:A");
}

static void expect_private(const char *name)
{
    struct stat info;
    cr_assert_eq(fstatat(state, name, &info, 0), 0, "%s", name);
    cr_expect_eq(info.st_mode & 07777, 0600, "%s: %o", name, info.st_mode & 07777);
}

Test(registers, nobody_else_can_read_the_file)
{
    umask(0);
    write_granted(FEBRUARY, 17, "A");
    cr_expect_not(reopen());
    expect_private(REGISTERS_FILE);
    expect_private(REGISTERS_FILE "-wal");
    expect_private(REGISTERS_FILE "-shm");
}

Test(registers, a_link_in_the_place_of_the_file_is_not_followed)
{
    bool differed;
    cr_assert_eq(symlinkat("elsewhere", state, REGISTERS_FILE), 0);
    cr_expect_eq(registers_open(state, folder, &registers, &differed), -ELOOP);
    cr_expect_eq(faccessat(state, "elsewhere", F_OK, 0), -1);
}
