// SPDX-License-Identifier: GPL-3.0-or-later
// A ledger that does not continue its own chain is set aside, and whose files the readers are.
#include "base/text.h"
#include "ledger/registers.h"
#include "world.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static struct world world;

static void setup(void)
{
    world_begin(&world);
    struct ledger *ledger = world_open(&world);
    world_write(&world, ledger, FACT_USB_REMOVED, 5);
    ledger_close(ledger);
}

static void teardown(void)
{
    world_end(&world);
}

TestSuite(aside, .init = setup, .fini = teardown);

static void expect_refused(void)
{
    struct ledger_options options = world_options(&world);
    struct ledger *ledger = NULL;
    cr_expect_eq(ledger_open(&options, &ledger), -EBADMSG);
    cr_expect_null(ledger);
}

static char *set_aside(void)
{
    const struct moment at = {.wall_ns = world.wall_ns};
    char *name = NULL;
    cr_assert_eq(ledger_set_aside(world.state, at, &name), 0);
    return name;
}

static bool is_there(const char *name)
{
    return faccessat(world.state, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

Test(aside, a_changed_ledger_is_kept_as_it_is_and_a_new_one_begins)
{
    world_tamper(&world, "2026-11", "UPDATE event SET pid = pid + 1 WHERE seq = 4");
    int64_t rows = world_number(&world, "2026-11", "SELECT count(*) FROM event");
    expect_refused();
    CLEANUP_FREE char *name = set_aside();
    cr_expect_str_eq(name, "aside/20261110T000000Z");
    cr_expect_not(is_there("ledger"));
    cr_expect_not(is_there("keys"));
    ledger_close(world_open(&world));
    world_expect_unbroken(&world, NULL);
    cr_expect_eq(world_number(&world, "2026-11", "SELECT min(seq) FROM event"), 1);

    CLEANUP_FREE char *kept = text_format("%s/%s/ledger", world.path, name);
    struct verify_result result = world_verify(&world, kept, NULL);
    cr_expect_eq(result.outcome, VERIFY_BROKEN);
    cr_expect_eq(result.last, (uint64_t)rows);
    verify_result_clear(&result);
}

Test(aside, a_ledger_without_its_keys_is_set_aside_too)
{
    CLEANUP_FREE char *keys = world_file(&world, "keys");
    CLEANUP_FREE char *elsewhere = world_file(&world, "elsewhere");
    cr_assert_eq(rename(keys, elsewhere), 0);
    expect_refused();
    CLEANUP_FREE char *name = set_aside();
    ledger_close(world_open(&world));
    world_expect_unbroken(&world, NULL);
}

Test(aside, keys_whose_ledger_is_gone_are_set_aside_and_twice_in_one_second_is_no_trouble)
{
    CLEANUP_FREE char *ledger = world_file(&world, "ledger");
    CLEANUP_FREE char *elsewhere = world_file(&world, "elsewhere");
    cr_assert_eq(rename(ledger, elsewhere), 0);
    expect_refused();
    CLEANUP_FREE char *first = set_aside();
    CLEANUP_FREE char *second = set_aside();
    cr_expect_str_eq(second, "aside/20261110T000000Z-2");
    ledger_close(world_open(&world));
    world_expect_unbroken(&world, NULL);
}

Test(aside, what_is_set_aside_is_for_root_only)
{
    struct stat status;
    CLEANUP_FREE char *name = set_aside();
    cr_assert_eq(fstatat(world.state, "aside", &status, 0), 0);
    cr_expect_eq(status.st_mode & 07777, 0700);
}

Test(aside, files_of_an_older_version_get_the_folders_group)
{
    struct stat status;
    if (geteuid() != 0)
        cr_skip_test("no right to give a file to a group");
    cr_assert_eq(fchownat(world.state, "ledger", 0, 54321, 0), 0);
    cr_assert_eq(fchmodat(world.state, "ledger/2026-11.db", 0600, 0), 0);
    struct ledger *ledger = world_open(&world);
    static const char *const names[] = {"ledger/2026-11.db", "ledger/2026-11.db-wal",
                                        "ledger/2026-11.db-shm"};
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        cr_assert_eq(fstatat(world.state, names[i], &status, 0), 0);
        cr_expect_eq(status.st_gid, 54321, "%s", names[i]);
        cr_expect_eq(status.st_mode & 07777, 0640, "%s", names[i]);
    }
    world_go_to(&world, "2026-12-01T00:00:01");
    world_write(&world, ledger, FACT_USB_REMOVED, 1);
    cr_assert_eq(fstatat(world.state, "ledger/2026-12.db", &status, 0), 0);
    cr_expect_eq(status.st_gid, 54321);
    cr_assert_eq(fstatat(world.state, "ledger/.lock", &status, 0), 0);
    cr_expect_eq(status.st_mode & 07777, 0600);
    ledger_close(ledger);
}

Test(aside, a_month_that_a_reader_kept_open_is_closed_with_a_later_seal)
{
    struct ledger *ledger = world_open(&world);
    world_write(&world, ledger, FACT_USB_REMOVED, 1);
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-11.db");
    sqlite3 *reader = NULL;
    cr_assert_eq(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM event", NULL, NULL, NULL),
                 SQLITE_OK);
    world_go_to(&world, "2026-12-01T00:00:01");
    world_write(&world, ledger, FACT_USB_REMOVED, 1);
    cr_expect(is_there("ledger/2026-11.db-wal"));
    (void)sqlite3_close(reader);
    uint64_t ticket;
    cr_assert_eq(ledger_seal(ledger, "export", &ticket), 0);
    cr_assert_eq(ledger_wait(ledger, ticket, 20 * NS_PER_S), 0);
    ledger_close(ledger); // waits for the writer
    cr_expect_not(is_there("ledger/2026-11.db-wal"));
    world_expect_unbroken(&world, NULL);
}
