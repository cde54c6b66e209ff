// SPDX-License-Identifier: GPL-3.0-or-later
// The writer: what is acknowledged, in which order, when a seal follows, and where months begin.
#include "base/text.h"
#include "world.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

static struct world world;

static void setup(void)
{
    world_begin(&world);
}

static void teardown(void)
{
    world_end(&world);
}

TestSuite(ledger, .init = setup, .fini = teardown);

// Reaps until `n` tickets were acknowledged.
static void reap(struct ledger *ledger, size_t n, struct ledger_ack *ret)
{
    for (size_t got = 0; got < n;) {
        struct pollfd pollfd = {.fd = ledger_fd(ledger), .events = POLLIN};
        cr_assert_eq(poll(&pollfd, 1, 20000), 1);
        struct ledger_ack acks[100];
        size_t some = ledger_reap(ledger, acks, ELEMENTS(acks));
        for (size_t i = 0; i < some && got < n; i++)
            if (!acks[i].new_month)
                ret[got++] = acks[i];
    }
}

static void append(struct ledger *ledger, enum fact_kind kind, unsigned n, uint64_t *ret_ticket)
{
    CLEANUP(fact_free_p) struct fact *fact = world_fact(&world, kind, n);
    cr_assert_eq(ledger_append(ledger, fact, ret_ticket), 0);
}

static bool exists(const char *name)
{
    return faccessat(world.state, name, F_OK, 0) == 0;
}

#define COUNT_SEALS(reason)                                                                        \
    "SELECT count(*) FROM events WHERE kind = 'ledger.sealed' AND details LIKE "                   \
    "'%\"reason\":\"" reason "\"%'"

Test(ledger, a_new_one_opens_with_a_seal_and_closes_with_one)
{
    ledger_close(world_open(&world));
    cr_expect_eq(world_number(&world, "2026-11", "SELECT count(*) FROM event"), 3);
    cr_expect_eq(world_number(&world, "2026-11", COUNT_SEALS("start")), 1);
    cr_expect_eq(world_number(&world, "2026-11", COUNT_SEALS("stop")), 1);
    cr_expect_not(exists("ledger/2026-11.db-wal"), "the closed file is a single file");
    world_expect_unbroken(&world, NULL);
}

Test(ledger, tickets_are_acknowledged_in_order_with_the_numbers_of_their_rows)
{
    enum { N = 3000 };
    static struct ledger_ack acks[N];
    uint64_t ticket = 0;
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    for (unsigned i = 0; i < N; i++) {
        append(ledger, FACT_MEDIUM_WRITTEN, i, &ticket);
        cr_assert_eq(ticket, i + 1);
    }
    reap(ledger, N, acks);
    for (unsigned i = 0; i < N; i++) {
        cr_assert_eq(acks[i].error, 0);
        cr_assert_eq(acks[i].ticket, i + 1);
        cr_assert(i == 0 || acks[i].sequence == acks[i - 1].sequence + 1);
    }
    ledger_close(TAKE_PTR(ledger));
    cr_expect_eq(
        world_number(&world, "2026-11", "SELECT count(*) FROM events WHERE object LIKE 'object %'"),
        N);
    world_expect_unbroken(&world, NULL);
}

Test(ledger, a_row_holds_the_fact_as_it_was)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    CLEANUP(fact_free_p) struct fact *fact = world_fact(&world, FACT_MEDIUM_WRITTEN, 1);
    uint64_t ticket;
    fact->uid = 1000;
    fact->pid = 4242;
    cr_assert_eq(text_set(&fact->user, "佐藤"), 0);
    cr_assert_eq(text_set(&fact->outcome, ""), 0);
    cr_assert_eq(ledger_append(ledger, fact, &ticket), 0);
    cr_assert_eq(ledger_wait(ledger, ticket, 20 * NS_PER_S), 0);
    cr_expect_eq(world_number(&world, "2026-11",
                              "SELECT count(*) FROM events WHERE kind = 'medium.written' AND user ="
                              " '佐藤' AND uid = 1000 AND pid = 4242 AND outcome = '' AND exe IS "
                              "NULL AND details IS NULL AND severity = 'notice' AND time = "
                              "'2026-11-10T00:00:00.000000000Z'"),
                 1);
}

Test(ledger, a_violation_is_followed_by_a_seal)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    world_write(&world, ledger, FACT_USB_BLOCKED, 1);
    ledger_close(TAKE_PTR(ledger));
    cr_expect_eq(world_number(&world, "2026-11", COUNT_SEALS("violation")), 1);
}

Test(ledger, a_change_of_policy_or_mode_is_followed_by_a_seal)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    world_write(&world, ledger, FACT_POLICY_LOADED, 1);
    world_write(&world, ledger, FACT_MODE_CHANGED, 1);
    ledger_close(TAKE_PTR(ledger));
    cr_expect_eq(world_number(&world, "2026-11", COUNT_SEALS("policy")), 1);
    cr_expect_eq(world_number(&world, "2026-11", COUNT_SEALS("mode")), 1);
}

Test(ledger, it_seals_by_itself_when_nothing_happens)
{
    struct ledger_options options = world_options(&world);
    struct ledger *ledger = NULL;
    options.seal_interval_ns = 20 * NS_PER_MS;
    cr_assert_eq(ledger_open(&options, &ledger), 0);
    struct ledger_head head = {0};
    for (int i = 0; i < 1000 && head.epoch < 4; i++) {
        (void)usleep(10000);
        ledger_get_head(ledger, &head);
    }
    cr_expect_geq(head.epoch, 4);
    ledger_close(ledger);
    world_expect_unbroken(&world, NULL);
}

Test(ledger, a_seal_that_was_asked_for_covers_all_before_it)
{
    uint64_t ticket;
    struct ledger_ack acks[3];
    struct ledger_head head;
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    append(ledger, FACT_MEDIUM_WRITTEN, 1, NULL);
    append(ledger, FACT_MEDIUM_WRITTEN, 2, NULL);
    cr_assert_eq(ledger_seal(ledger, "export", &ticket), 0);
    cr_assert_eq(ledger_wait(ledger, ticket, 20 * NS_PER_S), 0);
    reap(ledger, 3, acks);
    ledger_get_head(ledger, &head);
    cr_expect_eq(acks[2].ticket, ticket);
    cr_expect_eq(head.sequence, acks[2].sequence);
    cr_expect_eq(head.sealed_sequence, acks[1].sequence);
    cr_expect_eq(ledger_seal(ledger, "Export!", NULL), -EINVAL);
}

Test(ledger, the_queue_is_bounded_until_somebody_reaps)
{
    struct ledger_ack acks[100];
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    CLEANUP(fact_free_p) struct fact *fact = world_fact(&world, FACT_MEDIUM_WRITTEN, 1);
    for (unsigned i = 0; i < 4096; i++)
        cr_assert_eq(ledger_append(ledger, fact, NULL), 0);
    cr_expect_eq(ledger_append(ledger, fact, NULL), -ENOBUFS);
    reap(ledger, 1, acks);
    cr_expect_eq(ledger_append(ledger, fact, NULL), 0);
}

Test(ledger, an_observation_is_refused)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    CLEANUP(fact_free_p) struct fact *fact = world_fact(&world, FACT_SEEN_USB, 1);
    cr_expect_eq(ledger_append(ledger, fact, NULL), -EINVAL);
}

Test(ledger, a_second_writer_is_refused)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    struct ledger_options options = world_options(&world);
    struct ledger *second = NULL;
    cr_expect_eq(ledger_open(&options, &second), -EBUSY);
    cr_expect_null(second);
}

Test(ledger, it_goes_on_where_it_stopped)
{
    for (int i = 0; i < 3; i++) {
        CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
        world_write(&world, ledger, FACT_USB_REMOVED, 5);
    }
    cr_expect_eq(world_number(&world, "2026-11", "SELECT max(seq) FROM event"), 1 + 3 * 7);
    world_expect_unbroken(&world, NULL);
}

Test(ledger, its_head_code_is_short_enough_for_paper)
{
    struct ledger_head head = {.sequence = 417, .hash = {0x9f, 0x3a, 0x77, 0xc0}};
    char code[40];
    ledger_head_code(&head, code);
    cr_expect_str_eq(code, "417-9f3a-77c0");
}

// ---- Evidence that somebody touched ------------------------------------------------------------

static int open_again(void)
{
    struct ledger_options options = world_options(&world);
    struct ledger *ledger = NULL;
    int r = ledger_open(&options, &ledger);
    ledger_close(ledger);
    return r;
}

static void write_some(void)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    world_write(&world, ledger, FACT_USB_REMOVED, 5);
}

Test(ledger, one_whose_last_rows_were_changed_is_not_opened)
{
    write_some();
    world_tamper(&world, "2026-11", "UPDATE event SET pid = 7 WHERE seq = 5");
    cr_expect_eq(open_again(), -EBADMSG);
}

Test(ledger, one_whose_end_was_cut_is_not_opened)
{
    write_some();
    world_tamper(&world, "2026-11", "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)");
    cr_expect_eq(open_again(), -EBADMSG, "its key names a later seal");
}

Test(ledger, one_whose_files_were_all_removed_is_not_begun_anew)
{
    write_some();
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-11.db");
    cr_assert_eq(unlink(path), 0);
    cr_expect_eq(open_again(), -EBADMSG);
}

Test(ledger, one_with_an_added_trigger_is_not_opened)
{
    write_some();
    world_tamper(&world, "2026-11",
                 "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM event; END");
    cr_expect_eq(open_again(), -EBADMSG);
}

// ---- Months ------------------------------------------------------------------------------------

Test(ledger, december_is_followed_by_january)
{
    world_go_to(&world, "2026-12-31T23:59:59");
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    world_write(&world, ledger, FACT_USB_REMOVED, 2);
    world.wall_ns += NS_PER_S;
    world_write(&world, ledger, FACT_USB_REMOVED, 2);
    ledger_close(TAKE_PTR(ledger));
    cr_expect_eq(world_number(&world, "2026-12", "SELECT max(seq) FROM event"), 5);
    cr_expect_eq(world_number(&world, "2026-12", COUNT_SEALS("month")), 1);
    cr_expect_eq(world_number(&world, "2027-01", "SELECT min(seq) FROM event"), 6);
    world_expect_unbroken(&world, NULL);
}

Test(ledger, a_new_month_is_told_to_who_reaps)
{
    struct ledger_ack acks[10];
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    cr_assert_eq(ledger_reap(ledger, acks, ELEMENTS(acks)), 1);
    cr_expect(acks[0].new_month);
    cr_expect_eq(acks[0].sequence, 1);
    world_go_to(&world, "2026-12-01T00:00:00");
    uint64_t ticket;
    append(ledger, FACT_USB_REMOVED, 1, &ticket);
    cr_assert_eq(ledger_wait(ledger, ticket, 20 * NS_PER_S), 0);
    cr_assert_eq(ledger_reap(ledger, acks, ELEMENTS(acks)), 2);
    cr_expect(acks[0].new_month);
    cr_expect_eq(acks[0].sequence + 1, acks[1].sequence);
}

Test(ledger, months_in_which_nothing_ran_have_no_file)
{
    ledger_close(world_open(&world));
    world_go_to(&world, "2027-01-07");
    ledger_close(world_open(&world));
    cr_expect_not(exists("ledger/2026-12.db"));
    world_expect_unbroken(&world, NULL);
}

Test(ledger, a_clock_that_is_set_back_leaves_the_newest_file_open)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    world_write(&world, ledger, FACT_USB_REMOVED, 1);
    uint64_t newest = world.wall_ns;
    world_go_to(&world, "2026-09-01");
    world_write(&world, ledger, FACT_USB_REMOVED, 1);
    struct ledger_head head;
    ledger_get_head(ledger, &head);
    cr_expect_str_eq(head.month, "2026-11");
    cr_expect_eq(head.latest.wall_ns, newest, "the floor for clocks");
    ledger_close(TAKE_PTR(ledger));
    ledger_close(world_open(&world));
    cr_expect_not(exists("ledger/2026-09.db"));
    world_expect_unbroken(&world, NULL);
}

Test(ledger, a_reader_in_the_old_file_does_not_stop_the_month_from_turning)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    world_write(&world, ledger, FACT_USB_REMOVED, 1);
    CLEANUP_FREE char *path = world_file(&world, "ledger/2026-11.db");
    sqlite3 *reader = NULL;
    cr_assert_eq(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(reader, "BEGIN; SELECT * FROM event", NULL, NULL, NULL), SQLITE_OK);

    world_go_to(&world, "2026-12-01");
    world_write(&world, ledger, FACT_USB_REMOVED, 1);
    struct ledger_head head;
    ledger_get_head(ledger, &head);
    cr_expect_str_eq(head.month, "2026-12");
    ledger_close(TAKE_PTR(ledger));
    (void)sqlite3_close(reader);

    ledger_close(world_open(&world)); // closes what a reader kept open
    world_expect_unbroken(&world, NULL);
}
