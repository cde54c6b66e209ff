// SPDX-License-Identifier: GPL-3.0-or-later
// A full disk, on a small file system of the test's own (skipped without the right to mount one).
#include "base/text.h"
#include "world.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

static struct world world;
static char filler[4096];

static void setup(void)
{
    world_begin(&world);
    close(world.state);
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", world.path, "tmpfs", 0, "size=10m") < 0) {
        (void)rmdir(world.path);
        cr_skip_test("no right to mount a small file system");
    }
    world.state = open(world.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(world.state, 0);
}

static void teardown(void)
{
    close(world.state);
    (void)umount2(world.path, MNT_DETACH);
    (void)rmdir(world.path);
}

TestSuite(disk_full, .init = setup, .fini = teardown);

static void fill(const char *name)
{
    CLEANUP_CLOSE int fd = openat(world.state, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    while (write(fd, filler, sizeof filler) > 0)
        ;
    cr_assert_eq(errno, ENOSPC);
}

static int append(struct ledger *ledger, enum fact_kind kind, unsigned n, uint64_t *ret_ticket)
{
    CLEANUP(fact_free_p) struct fact *fact = world_fact(&world, kind, n);
    fact->details = text_format("{\"padding\":\"%02000u\"}", n);
    return ledger_append(ledger, fact, ret_ticket);
}

// Appends until the ledger says that it can't be written. Every fact it took must have become a
// row.
static unsigned append_until_refused(struct ledger *ledger)
{
    unsigned n = 0;
    struct ledger_ack acks[64];
    uint64_t ticket;
    while (append(ledger, FACT_MEDIUM_WRITTEN, n, &ticket) == 0) {
        cr_assert_lt(++n, 10000);
        (void)!ledger_wait(ledger, ticket, 20 * NS_PER_S);
        size_t some = ledger_reap(ledger, acks, ELEMENTS(acks));
        for (size_t i = 0; i < some; i++)
            cr_assert_eq(acks[i].error, 0);
    }
    cr_expect_not(ledger_is_writable(ledger));
    return n;
}

static void wait_until_writable(struct ledger *ledger)
{
    for (int i = 0; i < 2000 && !ledger_is_writable(ledger); i++)
        (void)usleep(10000);
    cr_assert(ledger_is_writable(ledger));
}

Test(disk_full, what_was_accepted_gets_in_and_the_last_violation_too)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    uint64_t ticket;
    fill("filler");
    unsigned n = append_until_refused(ledger);
    cr_assert_eq(append(ledger, FACT_USB_BLOCKED, 0, &ticket), 0);
    cr_expect_eq(ledger_wait(ledger, ticket, 20 * NS_PER_S), 0, "the ballast made room for it");
    cr_expect_eq(append(ledger, FACT_MEDIUM_WRITTEN, 0, NULL), -EIO);

    cr_assert_eq(unlinkat(world.state, "filler", 0), 0);
    wait_until_writable(ledger);
    world_write(&world, ledger, FACT_USB_REMOVED, 1);
    ledger_close(TAKE_PTR(ledger));
    cr_expect_eq(world_number(&world, "2026-11",
                              "SELECT count(*) FROM events WHERE kind = 'medium.written'"),
                 n);
    cr_expect_eq(world_number(&world, "2026-11",
                              "SELECT count(*) FROM events WHERE kind = 'agent.gap' AND "
                              "details LIKE '%\"lost\":2,%'"), // the refused one, and the last try
                 1);
    cr_expect_eq(faccessat(world.state, "ledger/.ballast", F_OK, 0), 0);
    world_expect_unbroken(&world, NULL);
}

Test(disk_full, with_the_ballast_gone_too_the_answer_is_an_error_and_the_loss_is_counted)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    uint64_t ticket;
    int r = 0;
    fill("filler");
    (void)append_until_refused(ledger);
    fill("rest");
    for (unsigned i = 0; i < 4000 && r == 0; i++) {
        cr_assert_eq(append(ledger, FACT_USB_BLOCKED, i, &ticket), 0);
        r = ledger_wait(ledger, ticket, 20 * NS_PER_S);
    }
    cr_expect_eq(r, -ENOSPC);
    cr_assert_eq(unlinkat(world.state, "rest", 0), 0);
    cr_assert_eq(unlinkat(world.state, "filler", 0), 0);
    wait_until_writable(ledger);
    ledger_close(TAKE_PTR(ledger));
    cr_expect_eq(
        world_number(&world, "2026-11", "SELECT count(*) FROM events WHERE kind = 'agent.gap'"), 1);
    world_expect_unbroken(&world, NULL);
}

static int append_group(struct ledger *ledger, uint64_t *ret_last)
{
    struct fact *facts[LEDGER_GROUP_MAX];
    for (unsigned i = 0; i < ELEMENTS(facts); i++) {
        facts[i] = world_fact(&world, FACT_FILE_READ, i);
        facts[i]->details = text_format("{\"padding\":\"%02000u\"}", i);
    }
    int r = ledger_append_group(ledger, facts, ELEMENTS(facts), ret_last);
    for (size_t i = 0; i < ELEMENTS(facts); i++)
        fact_free(facts[i]);
    *ret_last += ELEMENTS(facts) - 1;
    return r;
}

Test(disk_full, a_group_that_does_not_get_in_is_whole_elsewhere_and_no_loss)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    uint64_t last = 0;
    CLEANUP_FREE char *ballast = world_file(&world, "ledger/.ballast");
    cr_assert_eq(unlink(ballast), 0); // else 4 MiB of room for it
    fill("filler");
    cr_assert_eq(append_group(ledger, &last), 0);
    cr_expect_eq(ledger_wait(ledger, last, 20 * NS_PER_S), -ENOSPC);
    cr_expect_eq(append_group(ledger, &last), -EIO, "refused as long as there is no room");

    cr_assert_eq(unlinkat(world.state, "filler", 0), 0);
    wait_until_writable(ledger);
    last = 0;
    cr_assert_eq(append_group(ledger, &last), 0);
    cr_expect_eq(ledger_wait(ledger, last, 20 * NS_PER_S), 0);
    ledger_close(TAKE_PTR(ledger));
    cr_expect_eq(
        world_number(&world, "2026-11", "SELECT count(*) FROM events WHERE kind = 'file.read'"),
        LEDGER_GROUP_MAX);
    cr_expect_eq(
        world_number(&world, "2026-11", "SELECT count(*) FROM events WHERE kind = 'agent.gap'"), 0);
    world_expect_unbroken(&world, NULL);
}

Test(disk_full, a_ledger_that_starts_on_a_full_disk_waits_for_room)
{
    ledger_close(world_open(&world));
    fill("filler");
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    cr_expect_not(ledger_is_writable(ledger));
    cr_assert_eq(unlinkat(world.state, "filler", 0), 0);
    wait_until_writable(ledger);
    world_write(&world, ledger, FACT_USB_REMOVED, 1);
    ledger_close(TAKE_PTR(ledger));
    world_expect_unbroken(&world, NULL);
}

// What is refused meanwhile is counted, and said in a row once there is room.
static void expect_to_wait_for_room(struct ledger *ledger)
{
    cr_expect_not(ledger_is_writable(ledger));
    cr_expect_eq(append(ledger, FACT_MEDIUM_WRITTEN, 0, NULL), -EIO);
    cr_expect_eq(append(ledger, FACT_MEDIUM_WRITTEN, 1, NULL), -EIO);
    cr_assert_eq(unlinkat(world.state, "filler", 0), 0);
    wait_until_writable(ledger);
    world_write(&world, ledger, FACT_USB_REMOVED, 1);
}

static void expect_one_gap_of(unsigned lost)
{
    CLEANUP_FREE char *sql = text_format("SELECT count(*) FROM events WHERE kind = 'agent.gap' "
                                         "AND details LIKE '%%\"lost\":%u,%%'",
                                         lost);
    cr_expect_eq(world_number(&world, "2026-11", sql), 1);
    world_expect_unbroken(&world, NULL);
}

Test(disk_full, without_any_room_the_very_first_file_is_made_later)
{
    struct ledger_head found;
    fill("filler");
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    ledger_get_found(ledger, &found);
    cr_expect_eq(found.sequence, 0);
    expect_to_wait_for_room(ledger);
    ledger_close(TAKE_PTR(ledger));
    expect_one_gap_of(2);
}

Test(disk_full, without_any_room_and_ballast_a_ledger_waits_and_knows_where_it_ended)
{
    struct ledger_head end, found;
    struct ledger *first = world_open(&world);
    world_write(&world, first, FACT_USB_REMOVED, 5);
    ledger_close(first);
    cr_assert_eq(unlinkat(world.state, "ledger/.ballast", 0), 0);
    fill("filler");
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    ledger_get_found(ledger, &found);
    ledger_get_head(ledger, &end);
    cr_expect_gt(found.sequence, 5);
    cr_expect_eq(found.sequence, end.sequence);
    expect_to_wait_for_room(ledger);
    ledger_close(TAKE_PTR(ledger));
    expect_one_gap_of(2);
}

static void cut_the_power(struct world *w, const char *step)
{
    if (strcmp(step, "rows committed") == 0 && w->copies == 0)
        (void)world_copy(w);
}

Test(disk_full, after_a_power_cut_without_any_room_a_ledger_waits_too)
{
    world.step = cut_the_power;
    struct ledger *first = world_open(&world);
    world_write(&world, first, FACT_USB_REMOVED, 5);
    ledger_close(first);
    world.step = NULL;
    // What the power left: a -wal, no ballast.
    CLEANUP_FREE char *copy = world_file(&world, "copy.0");
    CLEANUP_CLOSE int state = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_eq(faccessat(state, "ledger/2026-11.db-wal", F_OK, 0), 0);
    (void)unlinkat(state, "ledger/.ballast", 0);
    fill("filler");
    struct ledger_options options = world_options(&world);
    options.state = state;
    options.state_path = copy;
    CLEANUP(ledger_close_p) struct ledger *ledger = NULL;
    cr_assert_eq(ledger_open(&options, &ledger), 0);
    expect_to_wait_for_room(ledger);
    ledger_close(TAKE_PTR(ledger));
    CLEANUP_FREE char *folder = text_format("%s/ledger", copy);
    world_expect_unbroken(&world, folder);
}
