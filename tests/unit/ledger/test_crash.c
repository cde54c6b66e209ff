// SPDX-License-Identifier: GPL-3.0-or-later
// A crash at each durable step: the state folder is copied there, and every copy must be a ledger
// that opens, goes on and verifies, with one sealing key.
#include "base/text.h"
#include "world.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#define COPIES_MAX 200

static struct world world;
static char steps[COPIES_MAX][32];
static uint64_t rows[COPIES_MAX]; // committed before that step
static struct ledger *observed;

static void setup(void)
{
    world_begin(&world);
}

static void teardown(void)
{
    world_end(&world);
}

TestSuite(crash, .init = setup, .fini = teardown);

static void copy_here(struct world *at, const char *name)
{
    cr_assert_lt(at->copies, COPIES_MAX);
    struct ledger_head head = {0};
    if (observed)
        ledger_get_head(observed, &head);
    rows[at->copies] = head.sequence;
    (void)snprintf(steps[at->copies], sizeof steps[0], "%s", name);
    (void)world_copy(at);
}

static unsigned count_keys(const char *folder)
{
    CLEANUP_FREE char *path = text_format("%s/keys", folder);
    DIR *entries = opendir(path);
    unsigned n = 0;
    cr_assert_not_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries));)
        n += strncmp(entry->d_name, "seal.", 5) == 0;
    (void)closedir(entries);
    return n;
}

static void expect_good(unsigned copy)
{
    CLEANUP_FREE char *name = text_format("copy.%u", copy);
    CLEANUP_FREE char *path = world_file(&world, name);
    CLEANUP_FREE char *folder = text_format("%s/ledger", path);
    CLEANUP_CLOSE int state = openat(world.state, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct ledger_options options = world_options(&world);
    struct ledger *ledger = NULL;
    struct ledger_head head;
    options.state = state;
    options.state_path = path;
    int r = ledger_open(&options, &ledger);
    cr_assert_eq(r, 0, "after \"%s\": %s", steps[copy], strerror(-r));
    world_write(&world, ledger, FACT_USB_REMOVED, 1);
    ledger_get_head(ledger, &head);
    cr_expect_gt(head.sequence, rows[copy], "after \"%s\"", steps[copy]);
    ledger_close(ledger);
    cr_expect_eq(count_keys(path), 1, "after \"%s\"", steps[copy]);
    world_expect_unbroken(&world, folder);
}

static void expect_all_good(void)
{
    unsigned n = world.copies;
    world.step = NULL;
    for (unsigned i = 0; i < n; i++)
        expect_good(i);
}

static bool was_reached(const char *step)
{
    for (unsigned i = 0; i < world.copies; i++)
        if (text_equal(steps[i], step))
            return true;
    return false;
}

Test(crash, at_any_step_of_a_first_start_leaves_a_ledger)
{
    world.step = copy_here;
    ledger_close(world_open(&world));
    static const char *const expected[] = {"first key made", "month built",    "month named",
                                           "key made",       "seal committed", "key named",
                                           "key destroyed"};
    for (size_t i = 0; i < ELEMENTS(expected); i++)
        cr_expect(was_reached(expected[i]), "%s", expected[i]);
    expect_all_good();
}

Test(crash, at_any_step_of_rows_seals_and_the_turn_of_a_month_leaves_a_ledger)
{
    CLEANUP(ledger_close_p) struct ledger *ledger = world_open(&world);
    observed = ledger;
    world.step = copy_here;
    world_write(&world, ledger, FACT_USB_REMOVED, 2);
    world_write(&world, ledger, FACT_USB_BLOCKED, 1);
    world_go_to(&world, "2026-12-01");
    world_write(&world, ledger, FACT_USB_REMOVED, 2);
    world.step = NULL; // the copies below must not be copied
    observed = NULL;
    ledger_close(TAKE_PTR(ledger));
    cr_expect(was_reached("rows committed"));
    cr_expect(was_reached("month closed"));
    expect_all_good();
}
