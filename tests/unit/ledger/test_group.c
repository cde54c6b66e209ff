// SPDX-License-Identifier: GPL-3.0-or-later
// Groups: rows that stand together or not at all, whatever stands before and behind them.
#include "base/text.h"
#include "ledger/queue.h"
#include "world.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

enum { GROUPS = 12, SIZE = LEDGER_GROUP_MAX / 8 };

static struct world world;
static unsigned commits;

static void setup(void)
{
    world_begin(&world);
}

static void teardown(void)
{
    world_end(&world);
}

TestSuite(group, .init = setup, .fini = teardown);

// "object FIRST" and so on, of which the last may be of another kind.
static int append(struct ledger *ledger, unsigned first, size_t n, enum fact_kind last,
                  uint64_t *ret_ticket)
{
    struct fact *facts[LEDGER_GROUP_MAX];
    for (unsigned i = 0; i < n; i++)
        facts[i] = world_fact(&world, i + 1 < n ? FACT_FILE_READ : last, first + i);
    int r = ledger_append_group(ledger, facts, n, ret_ticket);
    for (size_t i = 0; i < n; i++)
        fact_free(facts[i]);
    return r;
}

static void append_one(struct ledger *ledger, enum fact_kind kind)
{
    CLEANUP(fact_free_p) struct fact *fact = world_fact(&world, kind, 0);
    cr_assert_eq(ledger_append(ledger, fact, NULL), 0);
}

static void count_commits(struct world *w, const char *step)
{
    (void)w;
    commits += strcmp(step, "rows committed") == 0;
}

#define STRAY                                                                                      \
    "SELECT count(*) FROM events AS e WHERE kind = 'file.read' AND NOT EXISTS (SELECT 1 FROM "     \
    "events AS n WHERE n.seq = e.seq + 1 AND n.kind IN ('file.read', 'trail.read') AND "           \
    "substr(n.object, 8) + 0 = substr(e.object, 8) + 1)"

Test(group, its_rows_follow_each_other_between_violations_seals_and_other_facts)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    uint64_t ticket = 0;
    for (unsigned i = 0; i < GROUPS; i++) {
        append_one(ledger, FACT_MEDIUM_MOUNTED);
        append_one(ledger, FACT_USB_BLOCKED);
        cr_assert_eq(append(ledger, i * SIZE, SIZE, FACT_TRAIL_READ, &ticket), 0);
        append_one(ledger, FACT_USB_BLOCKED);
        cr_assert_eq(ledger_seal(ledger, "export", NULL), 0);
    }
    cr_assert_eq(ledger_wait(ledger, ticket + SIZE - 1, 20 * NS_PER_S), 0);
    ledger_close(TAKE_PTR(ledger));
    cr_expect_eq(
        world_number(&world, "2026-11", "SELECT count(*) FROM events WHERE kind = 'file.read'"),
        GROUPS * (SIZE - 1));
    cr_expect_eq(world_number(&world, "2026-11", STRAY), 0);
    world_expect_unbroken(&world, NULL);
}

Test(group, one_of_the_greatest_size_is_one_commit_and_answered_row_by_row)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    static struct ledger_ack acks[LEDGER_GROUP_MAX];
    uint64_t first = 0;
    while (ledger_reap(ledger, acks, ELEMENTS(acks)) > 0)
        ;
    commits = 0;
    world.step = count_commits;
    cr_assert_eq(append(ledger, 0, LEDGER_GROUP_MAX, FACT_TRAIL_READ, &first), 0);
    cr_assert_eq(ledger_wait(ledger, first + LEDGER_GROUP_MAX - 1, 20 * NS_PER_S), 0);
    world.step = NULL;
    cr_expect_eq(commits, 1);
    cr_assert_eq(ledger_reap(ledger, acks, ELEMENTS(acks)), LEDGER_GROUP_MAX);
    for (size_t i = 0; i < LEDGER_GROUP_MAX; i++) {
        cr_assert_eq(acks[i].ticket, first + i);
        cr_assert_eq(acks[i].sequence, acks[0].sequence + i);
    }
}

Test(group, facts_that_wait_already_are_not_committed_with_it)
{
    CLEANUP(queue_free_p) struct queue *queue = NULL;
    const struct queue_item *items[QUEUE_TAKE_MAX];
    struct fact *facts[3];
    uint64_t ticket;
    cr_assert_eq(queue_new(&queue), 0);
    for (unsigned i = 0; i < ELEMENTS(facts); i++)
        facts[i] = world_fact(&world, FACT_FILE_READ, i);
    cr_assert_eq(queue_push_fact(queue, facts[0], NULL), 0);
    cr_assert_eq(queue_push_group(queue, facts, 3, &ticket), 0);
    cr_assert_eq(queue_push_group(queue, facts, 2, NULL), 0);
    cr_assert_eq(queue_push_fact(queue, facts[0], NULL), 0);
    cr_expect_eq(ticket, 2);
    static const size_t taken[] = {1, 3, 2, 1};
    for (size_t i = 0; i < ELEMENTS(taken); i++) {
        cr_expect_eq(queue_take(queue, UINT64_MAX, items), taken[i]);
        queue_complete(queue, taken[i], 1, -ENOSPC);
    }
    cr_expect_eq(queue_lost(queue), 2, "only those that stand nowhere else");
    for (size_t i = 0; i < ELEMENTS(facts); i++)
        fact_free(facts[i]);
}

Test(group, it_is_refused_as_a_whole_when_the_queue_is_full_or_a_fact_is_no_row)
{
    CLEANUP(queue_free_p) struct queue *queue = NULL;
    struct fact *fact = world_fact(&world, FACT_FILE_READ, 1);
    struct fact *facts[] = {fact, fact, fact};
    cr_assert_eq(queue_new(&queue), 0);
    for (unsigned i = 0; i < QUEUE_MAX - 2; i++)
        cr_assert_eq(queue_push_fact(queue, fact, NULL), 0);
    cr_expect_eq(queue_push_group(queue, facts, 3, NULL), -ENOBUFS);
    cr_expect_eq(queue_push_group(queue, facts, 2, NULL), 0);
    struct fact *seen = world_fact(&world, FACT_SEEN_AUDIT, 2);
    facts[1] = seen;
    cr_expect_eq(queue_push_group(queue, facts, 3, NULL), -EINVAL, "an observation is no row");
    fact_free(seen);
    fact_free(fact);
}

Test(group, while_the_ledger_cant_be_written_it_is_refused_and_not_counted)
{
    CLEANUP(queue_free_p) struct queue *queue = NULL;
    struct fact *fact = world_fact(&world, FACT_USB_BLOCKED, 1);
    struct fact *facts[] = {fact, fact};
    cr_assert_eq(queue_new(&queue), 0);
    queue_set_unwritable(queue);
    cr_expect_eq(queue_push_group(queue, facts, 2, NULL), -EIO);
    cr_expect_eq(queue_lost(queue), 0);
    cr_expect(queue_set_writable(queue, 0));
    cr_expect_eq(queue_push_group(queue, facts, 2, NULL), 0);
    fact_free(fact);
}
