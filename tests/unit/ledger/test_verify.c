// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that somebody could do to a ledger, and what verify says of it.
#include "base/file.h"
#include "base/text.h"
#include "world.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

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

TestSuite(verify, .init = setup, .fini = teardown);

static struct verify_witness witness_of_end(void)
{
    struct verify_result result = world_verify(&world, NULL, NULL);
    struct verify_witness witness = {
        .has_head = true, .sequence = result.last, .head_length = DIGEST_SIZE};
    memcpy(witness.head, result.head, DIGEST_SIZE);
    verify_result_clear(&result);
    return witness;
}

// Row 30 is in November, between two seals.
#define ROW "30"

Test(verify, an_untouched_ledger_is_verified_to_its_last_seal)
{
    struct verify_result result = world_verify(&world, NULL, NULL);
    cr_expect_eq(result.outcome, VERIFY_OPEN_END);
    cr_expect_eq(result.n_faults, 0);
    cr_expect_eq(result.sealed, result.last - 1);
    cr_expect_eq(result.rows, result.last);
    verify_result_clear(&result);
}

Test(verify, with_the_last_head_known_it_is_whole)
{
    struct verify_witness witness = witness_of_end();
    struct verify_result result = world_verify(&world, NULL, &witness);
    cr_expect_eq(result.outcome, VERIFY_WHOLE);
    verify_result_clear(&result);
}

Test(verify, an_earlier_head_that_fits_leaves_the_end_open)
{
    struct verify_witness witness = witness_of_end();
    world_go_to(&world, "2026-12-06");
    ledger_close(world_open(&world));
    struct verify_result result = world_verify(&world, NULL, &witness);
    cr_expect_eq(result.outcome, VERIFY_OPEN_END);
    cr_expect_gt(result.last, witness.sequence);
    verify_result_clear(&result);
}

Test(verify, a_changed_row_is_named)
{
    world_tamper(&world, "2026-11", "UPDATE event SET wall_ns = wall_ns + 1 WHERE seq = " ROW);
    world_expect_fault(&world, NULL, "row " ROW " was changed");
}

Test(verify, changed_neighbours_are_named_together)
{
    world_tamper(&world, "2026-11", "UPDATE event SET pid = 9 WHERE seq IN (31, 32, 33)");
    world_expect_fault(&world, NULL, "rows 31 to 33 were changed");
}

Test(verify, a_changed_text_is_named_by_its_row)
{
    world_tamper(&world, "2026-11",
                 "UPDATE text SET value = 'object x' WHERE id = "
                 "(SELECT object FROM event WHERE seq = " ROW ")");
    world_expect_fault(&world, NULL, "row " ROW " was changed");
}

Test(verify, a_changed_type_is_named)
{
    world_tamper(&world, "2026-11", "UPDATE event SET pid = 'x' WHERE seq = " ROW);
    world_expect_fault(&world, NULL,
                       "row " ROW " was changed: \"pid\" is not what may stand there");
}

Test(verify, a_text_that_is_gone_is_named)
{
    world_tamper(&world, "2026-11",
                 "DELETE FROM text WHERE id = (SELECT object FROM event WHERE seq = " ROW ")");
    world_expect_fault(&world, NULL,
                       "row " ROW " was changed: \"object\" is not what may stand there");
}

Test(verify, a_text_that_no_row_needs_is_found)
{
    world_tamper(&world, "2026-11", "INSERT INTO text(value) VALUES('planted')");
    world_expect_fault(&world, NULL, "the file holds texts that no row refers to");
}

Test(verify, texts_that_changed_places_are_found)
{
    world_tamper(&world, "2026-11",
                 "UPDATE text SET id = -1 WHERE id = 8; UPDATE text SET id = 8 WHERE id = 9;"
                 "UPDATE text SET id = 9 WHERE id = -1;"
                 "UPDATE event SET object = 17 - object WHERE object IN (8, 9);"
                 "UPDATE event SET outcome = 17 - outcome WHERE outcome IN (8, 9);"
                 "UPDATE event SET details = 17 - details WHERE details IN (8, 9)");
    struct verify_result result = world_verify(&world, NULL, NULL);
    cr_expect_eq(result.outcome, VERIFY_BROKEN);
    cr_assert_gt(result.n_faults, 0);
    cr_expect(strstr(result.faults[0].what, "texts"), "%s", result.faults[0].what);
    verify_result_clear(&result);
}

Test(verify, a_removed_row_is_named)
{
    world_tamper(&world, "2026-11", "DELETE FROM event WHERE seq = " ROW);
    world_expect_fault(&world, NULL, "row " ROW " is missing");
}

Test(verify, swapped_rows_are_named)
{
    world_tamper(&world, "2026-11",
                 "UPDATE event SET seq = -1 WHERE seq = 31; UPDATE event SET seq = 31 WHERE seq = "
                 "32; UPDATE event SET seq = 32 WHERE seq = -1");
    world_expect_fault(&world, NULL, "rows 31 to 32 were changed");
}

Test(verify, an_added_row_is_found)
{
    world_tamper(
        &world, "2026-12",
        "INSERT INTO event SELECT (SELECT max(seq) + 1 FROM event), wall_ns, mono_ns, boot,"
        " kind, severity, uid, user, session, pid, exe, object, outcome, details, mark"
        " FROM event ORDER BY seq DESC LIMIT 1");
    struct verify_result result = world_verify(&world, NULL, NULL);
    cr_expect_eq(result.outcome, VERIFY_BROKEN);
    verify_result_clear(&result);
}

Test(verify, a_row_with_a_number_below_zero_is_found)
{
    world_tamper(&world, "2026-11",
                 "INSERT INTO event SELECT -5, wall_ns, mono_ns, boot, kind, severity, uid, user,"
                 " session, pid, exe, object, outcome, details, mark FROM event WHERE seq = " ROW);
    world_expect_fault(&world, NULL, "the file does not begin with its opening row");
}

// Who recomputes the marks still can't make the seals fit.
Test(verify, rows_rewritten_with_their_marks_do_not_lead_to_the_seal)
{
    world_tamper(&world, "2026-11", "UPDATE event SET wall_ns = wall_ns + 1 WHERE seq = " ROW);
    world_mend_mark(&world, "2026-11", 30);
    struct verify_result result = world_verify(&world, NULL, NULL);
    cr_expect_eq(result.outcome, VERIFY_BROKEN);
    cr_assert_eq(result.n_faults, 1);
    cr_expect(strstr(result.faults[0].what, "were rewritten"), "%s", result.faults[0].what);
    cr_expect_leq(result.faults[0].first, 30);
    cr_expect_geq(result.faults[0].last, 30);
    verify_result_clear(&result);
}

Test(verify, a_row_that_was_taken_out_of_an_index_is_found)
{
    world_tamper(&world, "2026-11",
                 "DROP INDEX event_object; "
                 "CREATE INDEX event_object ON event(object) WHERE seq <> 30; "
                 "PRAGMA writable_schema = ON; "
                 "UPDATE sqlite_schema SET rowid = 5, "
                 "sql = 'CREATE INDEX event_object ON event(object)' WHERE name = 'event_object'");
    world_expect_fault(&world, NULL, "the file is damaged: row 6 missing from index event_object");
}

Test(verify, a_changed_schema_is_named)
{
    world_tamper(&world, "2026-11", "ALTER TABLE event ADD COLUMN remark TEXT");
    world_expect_fault(&world, NULL,
                       "the schema was changed: table \"event\" is not what the format has there");
}

Test(verify, an_added_trigger_is_named)
{
    world_tamper(&world, "2026-11",
                 "CREATE TRIGGER hide AFTER INSERT ON event BEGIN DELETE FROM event; END");
    world_expect_fault(&world, NULL,
                       "the schema was changed: trigger \"hide\" is not what the format has there");
}

Test(verify, a_removed_seal_is_named)
{
    CLEANUP_FREE char *what = NULL;
    int64_t seal =
        world_number(&world, "2026-11", "SELECT min(seq) FROM events WHERE kind = 'ledger.sealed'");
    world_tamper(&world, "2026-11",
                 "DELETE FROM event WHERE seq = "
                 "(SELECT min(seq) FROM events WHERE kind = 'ledger.sealed')");
    what = text_format("row %lld is missing", (long long)seal);
    world_expect_fault(&world, NULL, what);
    free(what);
    what = text_format("before the seal of row %lld, 1 seals are missing",
                       (long long)world_number(&world, "2026-11",
                                               "SELECT min(seq) FROM events WHERE kind = "
                                               "'ledger.sealed'"));
    world_expect_fault(&world, NULL, what);
}

static const char cut_two[] = "DELETE FROM event WHERE seq > (SELECT max(seq) - 2 FROM event);"
                              "DELETE FROM text WHERE id > (SELECT max(max(boot), max(kind), "
                              "max(user), max(session), max(exe), max(object), max(outcome), "
                              "max(details)) FROM (SELECT boot, kind, ifnull(user, 0) user, "
                              "ifnull(session, 0) session, ifnull(exe, 0) exe, ifnull(object, 0) "
                              "object, ifnull(outcome, 0) outcome, ifnull(details, 0) details FROM "
                              "event))";

Test(verify, a_cut_end_is_found_with_a_later_head)
{
    struct verify_witness witness = witness_of_end();
    world_tamper(&world, "2026-12", cut_two);
    world_expect_fault(&world, &witness, "the end was cut: 2 rows are missing");
}

Test(verify, a_cut_end_alone_is_not_provable_and_verified_to_the_seal_that_is_left)
{
    struct verify_result before = world_verify(&world, NULL, NULL);
    world_tamper(&world, "2026-12", cut_two);
    struct verify_result result = world_verify(&world, NULL, NULL);
    cr_expect_eq(result.outcome, VERIFY_OPEN_END);
    cr_expect_lt(result.epoch, before.epoch);
    verify_result_clear(&before);
    verify_result_clear(&result);
}

Test(verify, the_cut_end_of_an_earlier_month_is_found)
{
    world_tamper(&world, "2026-11", cut_two);
    struct verify_result result = world_verify(&world, NULL, NULL);
    cr_expect_eq(result.outcome, VERIFY_BROKEN);
    cr_assert_gt(result.n_faults, 0);
    cr_expect(strstr(result.faults[0].what, "are missing"), "%s", result.faults[0].what);
    verify_result_clear(&result);
}

Test(verify, another_head_than_the_one_noted_is_a_fault)
{
    struct verify_witness witness = witness_of_end();
    witness.sequence = 30;
    world_expect_fault(&world, &witness,
                       "the head code of row 30 is not the one that was noted: rows up to it were "
                       "rewritten");
}

Test(verify, another_first_key_than_the_pinned_one_is_a_fault)
{
    struct verify_witness witness = {.has_key = true, .key = {7}};
    world_expect_fault(&world, &witness,
                       "the first key is not the one that was noted at enrolment");
}

Test(verify, a_replaced_key_in_a_seal_is_found)
{
    world_tamper(&world, "2026-11",
                 "UPDATE text SET value = replace(value, '\"next_key\":\"', '\"next_key\":\"00') "
                 "WHERE value LIKE '%next_key%'");
    struct verify_result result = world_verify(&world, NULL, NULL);
    cr_expect_eq(result.outcome, VERIFY_BROKEN);
    verify_result_clear(&result);
}

Test(verify, swapped_month_files_are_named)
{
    CLEANUP_CLOSE int folder = openat(world.state, "ledger", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(renameat2(folder, "2026-10.db", folder, "2026-11.db", RENAME_EXCHANGE), 0);
    world_expect_fault(&world, NULL, "the file is named 2026-11, but holds 2026-10");
    world_expect_fault(&world, NULL, "the file is named 2026-10, but holds 2026-11");
}

Test(verify, a_missing_month_is_named_by_its_rows)
{
    int64_t first = world_number(&world, "2026-11", "SELECT min(seq) FROM event");
    int64_t last = world_number(&world, "2026-11", "SELECT max(seq) FROM event");
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-11.db");
    CLEANUP_FREE char *what =
        text_format("rows %lld to %lld are missing", (long long)first, (long long)last);
    cr_assert_eq(unlink(path), 0);
    world_expect_fault(&world, NULL, what);
}

Test(verify, a_month_of_another_workstation_is_named)
{
    struct world other;
    world_begin(&other);
    world_write_three_months(&other);
    CLEANUP_FREE char *from = world_file(&other, "ledger/2026-11.db");
    CLEANUP_FREE char *to = world_file(&world, "ledger/2026-11.db");
    cr_assert_eq(rename(from, to), 0);
    world_expect_fault(&world, NULL, "the file belongs to another ledger");
    world_end(&other);
}

Test(verify, a_single_later_month_is_verified_for_itself)
{
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-11.db");
    const char *paths[] = {path};
    struct verify_result result;
    struct verify_witness witness = {.has_key = true, .key = {7}};
    cr_assert_eq(verify_files(paths, 1, &witness, &result), 0);
    cr_expect_eq(result.outcome, VERIFY_OPEN_END);
    cr_expect_not(result.anchored, "its key can't be compared");
    verify_result_clear(&result);
}

Test(verify, bytes_behind_the_last_page_are_found)
{
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-11.db");
    CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    cr_assert_eq(write(fd, "x", 1), 1);
    world_expect_fault(&world, NULL, "the file is longer or shorter than its header says");
}

Test(verify, a_log_beside_a_closed_file_is_found)
{
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-11.db-wal");
    CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    world_expect_fault(&world, NULL, "\"2026-11.db-wal\" lies beside a file that was closed");
}

Test(verify, a_file_that_is_no_database_is_broken)
{
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-11.db");
    CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    world_expect_fault(&world, NULL, "the header is wrong at byte 0");
}

Test(verify, a_file_that_is_not_there_can_not_be_verified)
{
    const char *paths[] = {"/nonexistent/2026-11.db"};
    struct verify_result result;
    cr_expect_eq(verify_files(paths, 1, NULL, &result), -ENOENT);
}

Test(verify, an_open_ledger_is_verified_beside_its_writer)
{
    struct verify_witness witness = {.open = true};
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    world_write(&world, ledger, FACT_USB_REMOVED, 3);
    struct ledger_head head;
    ledger_get_head(ledger, &head);
    struct verify_result result = world_verify(&world, NULL, &witness);
    cr_expect_eq(result.outcome, VERIFY_OPEN_END);
    cr_expect_eq(result.last, head.sequence);
    cr_expect_arr_eq(result.head, head.hash, DIGEST_SIZE);
    verify_result_clear(&result);
}

Test(verify, a_head_is_read_as_people_and_machines_write_it)
{
    struct verify_witness witness = {0};
    cr_expect_eq(verify_parse_head("417-9f3a-77c0", &witness), 0);
    cr_expect_eq(witness.sequence, 417);
    cr_expect_eq(witness.head_length, 4);
    cr_expect_arr_eq(witness.head, "\x9f\x3a\x77\xc0", 4);
    cr_expect_eq(verify_parse_head("7:"
                                   "00112233445566778899aabbccddeeff"
                                   "00112233445566778899aabbccddeeff",
                                   &witness),
                 0);
    cr_expect_eq(witness.head_length, 32);
    static const char *const wrong[] = {
        "",       "417",        "417-9f3a",      "0-9f3a-77c0", "417-9f3a-77cg",
        "417:00", "-9f3a-77c0", "417-9f3a-77c00"};
    for (size_t i = 0; i < ELEMENTS(wrong); i++)
        cr_expect_eq(verify_parse_head(wrong[i], &witness), -EINVAL, "%s", wrong[i]);
    cr_expect_eq(witness.sequence, 7, "untouched on failure");
}

Test(verify, closed_months_beside_an_open_one_are_judged_as_closed)
{
    struct verify_witness witness = {.open = true};
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-10.db");
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    cr_assert_eq(write(fd, "x", 1), 1);
    world_expect_fault(&world, &witness, "the file is longer or shorter than its header says");
}
