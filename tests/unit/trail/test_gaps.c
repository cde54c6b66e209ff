// SPDX-License-Identifier: GPL-3.0-or-later
#include "world.h"

#include <criterion/criterion.h>

static struct world world;

static void begin(void)
{
    world_begin(&world, FOLD);
}

static void end(void)
{
    world_end(&world);
}

TestSuite(gaps, .init = begin, .fini = end);

static void take(struct audit_event event)
{
    world_take(&world, &event);
}

static void expect_gap(size_t n, const char *cause, double from, double to, const char *more)
{
    CLEANUP_FREE char *told =
        text_format("agent.gap - unwatched {\"source\":\"audit\",\"cause\":\"%s\",\"from_ns\":%lu,"
                    "\"to_ns\":%lu%s}",
                    cause, AT(from), AT(to), more);
    expect_told(&world, n, told);
}

Test(gaps, the_first_start_of_all_is_none)
{
    take(audit_event_of(ACT_AUDIT_STARTED, 0));
    cr_expect_eq(world.rows.n, 0);
}

Test(gaps, between_auditds_end_and_its_next_start_nobody_watched)
{
    take(file_event(ACT_READ, 0, "/f/a"));
    take(audit_event_of(ACT_AUDIT_ENDED, 1));
    cr_expect_eq(world.rows.n, 1);
    take(audit_event_of(ACT_AUDIT_STARTED, 9));
    expect_gap(1, "auditd was not running", 0, 11, ""); // what the last event and auditd prove
    cr_expect_eq(world_row(&world, 1)->severity, SEVERITY_WARNING);
    cr_expect_null(world_row(&world, 1)->user);
}

Test(gaps, an_end_that_was_not_announced_is_one_from_the_last_event_on)
{
    take(file_event(ACT_READ, 2, "/f/a"));
    take(audit_event_of(ACT_AUDIT_STARTED, 9));
    expect_gap(1, "auditd ended without saying so", 2, 11, "");
}

Test(gaps, a_night_with_the_machine_off_is_a_notice)
{
    take(audit_event_of(ACT_AUDIT_ENDED, 0));
    world_record(&world, 1);
    (void)world_kill(&world);
    world_boot(&world, OTHER_BOOT, AT(1000));
    take(audit_event_of(ACT_AUDIT_STARTED, 1005));
    expect_gap(1, "auditd was not running", -10, 1007, ",\"booted\":true");
    cr_expect_eq(world_row(&world, 1)->severity, SEVERITY_NOTICE);
}

Test(gaps, what_auditd_says_of_its_own_trouble_is_one)
{
    take(file_event(ACT_READ, 0, "/f/a"));
    take(audit_event_of(ACT_AUDIT_TROUBLE, 1));
    take(audit_event_of(ACT_AUDIT_RESUMED, 5));
    take(audit_event_of(ACT_AUDIT_CHANGED, 6));
    cr_assert_eq(world.rows.n, 3);
    expect_gap(1, "auditd could not write", 0, 1, "");
    expect_gap(2, "auditd had suspended writing", 1, 5, "");
}

Test(gaps, what_is_known_to_be_missing_is_counted)
{
    struct audit_event resumed = audit_event_of(ACT_AUDIT_RESUMED, 5);
    struct audit_event torn = {.act = ACT_AUDIT_TORN, .missing = 30};
    resumed.missing = 12;
    take(file_event(ACT_READ, 0, "/f/a"));
    take(resumed);
    take(torn);
    take(file_event(ACT_READ, 6, "/f/b"));
    expect_gap(1, "auditd had suspended writing", 0, 5, ",\"lost\":12");
    expect_gap(2, "a part of auditd's log is missing or torn", 5, 6, ",\"lost\":30");
}

Test(gaps, a_torn_line_is_one_until_the_next_event)
{
    struct audit_event torn = {.act = ACT_AUDIT_TORN};
    take(file_event(ACT_READ, 0, "/f/a"));
    take(torn);
    take(torn);
    world_record(&world, 1);
    (void)world_kill(&world);
    take(file_event(ACT_READ, 3, "/f/b"));
    cr_assert_eq(world.rows.n, 4);
    expect_gap(2, "a part of auditd's log is missing or torn", 0, 3, "");
    expect_told(&world, 3, "file.read /f/b done");
}

Test(gaps, a_line_torn_by_a_power_cut_is_part_of_the_same_gap)
{
    struct audit_event torn = {.act = ACT_AUDIT_TORN};
    take(file_event(ACT_READ, 0, "/f/a"));
    take(torn);
    take(audit_event_of(ACT_AUDIT_STARTED, 30));
    take(file_event(ACT_READ, 31, "/f/b"));
    cr_assert_eq(world.rows.n, 3);
    expect_gap(1, "auditd ended without saying so", 0, 32, ",\"torn\":true");
}

Test(gaps, a_clock_that_was_set_back_meanwhile_does_not_turn_it_round)
{
    take(audit_event_of(ACT_AUDIT_ENDED, 100));
    take(audit_event_of(ACT_AUDIT_STARTED, 70));
    expect_gap(0, "auditd was not running", 72, 90, ",\"set_back\":true");
}

// ---- Rules taken out ---------------------------------------------------------------------------

static void change(double s, const char *what, const char *key)
{
    struct audit_event event = audit_event_of(ACT_AUDIT_CHANGED, s);
    event.path = (struct audit_path){.text = (char *)what, .way = WAY_UNRESOLVED};
    event.key = (char *)key;
    world_take(&world, &event);
}

#define OUT(s) change(s, "remove_rule key=\"sekisho-files\" list=4 res=1", TRAIL_KEY_FILES)
#define BACK(s) change(s, "add_rule key=\"sekisho-files\" list=4 res=1", TRAIL_KEY_FILES)
#define CAUSE "the audit rules were not in the kernel"

Test(gaps, rules_that_are_loaded_anew_leave_one_from_the_first_out_to_the_last_back)
{
    take(file_event(ACT_READ, 0, "/f/a"));
    OUT(1), OUT(1.1), BACK(1.4), BACK(1.6);
    cr_expect_eq(world.rows.n, 1);
    take(file_event(ACT_READ, 1.7, "/f/b"));
    expect_gap(1, CAUSE, 1, 1.6, "");
}

Test(gaps, rules_that_nobody_puts_back_leave_one_that_goes_on)
{
    OUT(1);
    take(file_event(ACT_READ, 100, "/f/a")); // by a rule that is still there
    world_settle(&world, AT(200));
    cr_expect_eq(world.rows.n, 1);
    world_record(&world, 1);
    (void)world_kill(&world);
    BACK(300);
    world_settle(&world, AT(302));
    expect_gap(2, CAUSE, 1, 300, ""); // row 1 is the checkpoint
}

Test(gaps, auditing_that_is_switched_off_is_one)
{
    change(1, "set audit_enabled=0 old=1 auid=0 ses=1 res=1", NULL);
    change(2, "set audit_enabled=1 old=0 auid=0 ses=1 res=1", NULL);
    world_settle(&world, AT(4));
    expect_gap(0, CAUSE, 1, 2, "");
}

Test(gaps, others_rules_and_new_ones_of_ours_are_none)
{
    change(1, "remove_rule key=\"other\" list=4 res=1", "other");
    BACK(2);
    change(3, "set audit_backlog_limit=8192 old=64", NULL);
    world_settle(&world, AT(9));
    cr_expect_eq(world.rows.n, 0);
}
