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

TestSuite(sessions, .init = begin, .fini = end);

static void take(struct audit_event event)
{
    world_take(&world, &event);
}

static struct audit_event failure(double s, const char *account, bool by_program)
{
    struct audit_event event = login_event(ACT_LOGIN_FAILED, s, "sshd");
    event.auid = event.session = UINT32_MAX;
    event.account = (char *)account;
    event.by_program = by_program;
    return event;
}

Test(sessions, a_login_is_told_once_and_its_end_once)
{
    struct audit_event event = login_event(ACT_LOGIN, 0, "sshd");
    event.terminal = (char *)"ssh";
    event.address = (char *)"192.0.2.7";
    take(event);
    event.terminal = (char *)"pts/0";
    take(event);
    take(login_event(ACT_LOGOUT, 60, "sshd"));
    take(login_event(ACT_LOGOUT, 60, "sshd"));
    cr_assert_eq(world.rows.n, 2);
    expect_told(&world, 0,
                "login.succeeded sshd done {\"service\":\"sshd\",\"terminal\":\"ssh\","
                "\"address\":\"192.0.2.7\"}");
    cr_expect_str_eq(world_row(&world, 0)->user, "tanaka");
    cr_expect_str_eq(world_row(&world, 0)->session, "3");
    CLEANUP_FREE char *ended =
        text_format("login.ended sshd ended {\"service\":\"sshd\",\"since_ns\":%lu}", T0);
    expect_told(&world, 1, ended);
}

Test(sessions, the_terminal_is_named_where_a_person_sits_at_it)
{
    struct audit_event event = login_event(ACT_LOGIN, 0, "login");
    event.terminal = (char *)"tty1";
    take(event);
    event = login_event(ACT_LOGIN, 0, "lightdm");
    event.terminal = (char *)":0";
    event.session = 4;
    take(event);
    cr_expect_str_eq(world_row(&world, 0)->object, "login tty1");
    cr_expect_str_eq(world_row(&world, 1)->object, "lightdm :0");
}

Test(sessions, services_and_greeters_are_no_persons)
{
    static const char *const services[] = {"cron", "atd", "systemd-user", "polkit-1",
                                           "lightdm-greeter"};
    for (size_t i = 0; i < ELEMENTS(services); i++)
        take(login_event(ACT_LOGIN, 0, services[i]));
    struct audit_event event = login_event(ACT_LOGIN, 0, "lightdm");
    event.account = (char *)"lightdm";
    take(event);
    event.account = NULL;
    event.auid = 113; // lightdm
    take(event);
    event = login_event(ACT_LOGIN, 0, "sshd");
    event.auid = UINT32_MAX;
    take(event);
    event.auid = 1001;
    event.session = UINT32_MAX;
    take(event);
    cr_expect_eq(world.rows.n, 0);
}

Test(sessions, su_is_somebody_else_and_no_login_of_its_own)
{
    take(login_event(ACT_LOGIN, 0, "login"));
    struct audit_event event = login_event(ACT_LOGIN, 1, "su");
    event.pid = 60;
    event.account = (char *)"root";
    event.terminal = (char *)"tty1";
    take(event);
    event.act = ACT_LOGOUT;
    event.wall_ns = AT(2);
    take(event);
    take(login_event(ACT_LOGOUT, 3, "login"));
    cr_assert_eq(world.rows.n, 4);
    expect_told(&world, 1,
                "login.succeeded su done {\"service\":\"su\",\"terminal\":\"tty1\","
                "\"as\":\"root\"}");
    CLEANUP_FREE char *ended =
        text_format("login.ended su ended {\"service\":\"su\",\"terminal\":\"tty1\","
                    "\"as\":\"root\",\"since_ns\":%lu}",
                    AT(1));
    expect_told(&world, 2, ended);
    cr_expect_str_eq(world_row(&world, 2)->user, "tanaka");
    cr_expect_str_eq(world_row(&world, 3)->object, "login");
}

Test(sessions, a_process_id_that_comes_again_is_another_su)
{
    struct audit_event event = login_event(ACT_LOGIN, 0, "sudo");
    event.account = (char *)"root";
    take(event);
    take(event);
    cr_expect_eq(world.rows.n, 1);
    event.wall_ns = AT(100);
    take(event);
    cr_assert_eq(world.rows.n, 3);
    cr_expect_str_eq(world_row(&world, 1)->outcome, "cut off");
    cr_expect_eq(world_row(&world, 2)->kind, FACT_LOGIN_SUCCEEDED);
}

Test(sessions, the_end_of_a_session_that_nobody_saw_begin_is_no_row)
{
    take(login_event(ACT_LOGOUT, 0, "sshd"));
    take(login_event(ACT_LOGOUT, 0, "su"));
    cr_expect_eq(world.rows.n, 0);
}

Test(sessions, an_account_that_exists_is_named_and_a_password_is_not)
{
    take(failure(0, "tanaka", false));
    take(failure(9, "hunter2", false));
    take(failure(19, NULL, false));
    cr_assert_eq(world.rows.n, 3);
    expect_told(&world, 0,
                "login.failed sshd failed {\"service\":\"sshd\",\"account\":\"tanaka\"}");
    expect_told(&world, 1, "login.failed sshd failed {\"service\":\"sshd\",\"masked\":true}");
    expect_told(&world, 2, "login.failed sshd failed {\"service\":\"sshd\"}");
    cr_expect_null(world_row(&world, 0)->user);
    cr_expect_eq(world_row(&world, 0)->uid, FACT_NO_UID);
}

Test(sessions, what_pam_and_the_program_say_is_one_attempt)
{
    take(failure(0, "tanaka", false));
    take(failure(4, "tanaka", true)); // login waits longer than PAM
    cr_expect_eq(world.rows.n, 1);
    take(failure(200, "(invalid user)", true));
    take(failure(200, "(invalid user)", true));
    take(failure(290, "hunter2", false)); // whoever is asked thinks for a while
    take(failure(293, "(invalid user)", true));
    cr_expect_eq(world.rows.n, 2);
    take(failure(300, "hunter3", false));
    take(failure(303, "(invalid user)", true));
    cr_expect_eq(world.rows.n, 3);
}

Test(sessions, what_pam_says_in_a_process_of_its_own_is_the_same_attempt)
{
    struct audit_event asked = failure(0, "tanaka", false), told = failure(3, "tanaka", true);
    asked.pid = 49; // of keyboard-interactive
    for (unsigned i = 0; i < 2; i++) {
        take(asked);
        take(told);
    }
    cr_expect_eq(world.rows.n, 2);
    told.account = (char *)"suzuki";
    told.pid = 51;
    take(told);
    cr_expect_eq(world.rows.n, 3);
}

Test(sessions, of_two_who_fail_at_the_same_time_both_are_told)
{
    struct audit_event event = failure(0, "tanaka", false);
    for (unsigned i = 0; i < 2; i++) {
        event.pid = 100 + i;
        take(event);
    }
    event.by_program = true;
    for (unsigned i = 0; i < 2; i++) {
        event.pid = 100 + i;
        take(event);
    }
    cr_expect_eq(world.rows.n, 2);
    event.pid = 102; // with a key, which PAM is not asked about
    take(event);
    cr_expect_eq(world.rows.n, 3);
}

Test(sessions, each_wrong_password_at_one_prompt_is_an_attempt)
{
    for (unsigned i = 0; i < 3; i++)
        take(failure(i, "tanaka", false));
    cr_expect_eq(world.rows.n, 3);
    struct audit_event event = failure(3, "tanaka", false);
    event.pid = 51;
    take(event);
    cr_expect_eq(world.rows.n, 4);
    take(failure(200, "tanaka", true));
    cr_expect_eq(world.rows.n, 5);
}

Test(sessions, a_login_that_was_right_and_refused_is_told_as_such)
{
    struct audit_event event = failure(0, "suzuki", false);
    event.act = ACT_LOGIN_REFUSED;
    take(event);
    take(failure(0, "suzuki", true));
    cr_assert_eq(world.rows.n, 1);
    expect_told(&world, 0,
                "login.refused sshd refused {\"service\":\"sshd\",\"account\":\"suzuki\"}");
    cr_expect_eq(world_row(&world, 0)->severity, SEVERITY_WARNING);
}

Test(sessions, sudo_refuses_once_and_its_last_wrong_password_is_no_refusal)
{
    struct audit_event event = failure(0, NULL, true);
    event.act = ACT_LOGIN_REFUSED;
    event.service = (char *)"sudo";
    event.auid = 1001;
    take(event);
    cr_assert_eq(world.rows.n, 1);
    expect_told(&world, 0, "login.refused sudo refused {\"service\":\"sudo\"}");
    cr_expect_str_eq(world_row(&world, 0)->user, "tanaka");
    event.pid = 90;
    for (unsigned i = 0; i < 3; i++) {
        event.act = ACT_LOGIN_FAILED;
        event.by_program = false;
        take(event);
    }
    event.act = ACT_LOGIN_REFUSED;
    event.by_program = true;
    take(event);
    cr_expect_eq(world.rows.n, 4);
}

Test(sessions, the_next_boot_cuts_off_whoever_was_here)
{
    take(login_event(ACT_LOGIN, 0, "login"));
    world_record(&world, 1);
    (void)world_kill(&world);
    world_boot(&world, OTHER_BOOT, AT(1000));
    take(file_event(ACT_READ, 10, "/f/a")); // what the older boot has left in the log
    cr_assert_eq(world.rows.n, 3);
    cr_expect_str_eq(world_row(&world, 2)->at.boot, TEST_BOOT);
    cr_expect_eq(world_row(&world, 2)->at.monotonic_ns, 0);
    cr_expect_eq(trail_due_ns(world.trail), AT(1000));
    take(login_event(ACT_LOGIN, 1001, "login"));
    cr_assert_eq(world.rows.n, 5);
    CLEANUP_FREE char *ended = text_format("login.ended login cut off {\"since_ns\":%lu}", T0);
    expect_told(&world, 3, ended);
    cr_expect_eq(world_row(&world, 3)->at.wall_ns, AT(10));
    cr_expect_str_eq(world_row(&world, 3)->at.boot, TEST_BOOT);
    cr_expect_str_eq(world_row(&world, 3)->user, "tanaka");
    cr_expect_str_eq(world_row(&world, 4)->at.boot, OTHER_BOOT);
    cr_expect_eq(world_row(&world, 4)->at.monotonic_ns, NS_PER_S);
}

Test(sessions, a_checkpoint_before_the_next_boots_first_event_still_knows_who_was_here)
{
    take(login_event(ACT_LOGIN, 0, "login"));
    world_record(&world, 1);
    for (unsigned i = 0; i < 2; i++) {
        (void)world_kill(&world);
        world_boot(&world, OTHER_BOOT, AT(1000));
        world_record(&world, 2);
    }
    world_settle(&world, AT(1001));
    cr_assert_eq(world.rows.n, 5);
    cr_expect_str_eq(world_row(&world, 4)->outcome, "cut off");
    world_record(&world, 3);
    (void)world_kill(&world);
    world_boot(&world, OTHER_BOOT, AT(1000));
    world_settle(&world, AT(1001));
    cr_expect_eq(world.rows.n, 6);
}

Test(sessions, a_clock_step_in_the_same_boot_cuts_nobody_off)
{
    take(login_event(ACT_LOGIN, 0, "login"));
    world_record(&world, 1);
    (void)world_kill(&world);
    world_boot(&world, OTHER_BOOT, AT(1000));
    take(login_event(ACT_LOGIN, 1001, "login"));
    world_boot(&world, OTHER_BOOT, AT(1500));
    world_settle(&world, AT(1600));
    cr_expect_eq(world.rows.n, 4);
    take(login_event(ACT_LOGOUT, 1601, "login"));
    cr_expect_str_eq(world_row(&world, 4)->outcome, "ended");
}

Test(sessions, the_same_number_of_another_boot_or_person_is_another_session)
{
    struct audit_event event = login_event(ACT_LOGIN, 0, "login");
    event.serial = 90000;
    take(event);
    event.serial = 50; // restarted
    take(event);
    event.auid = 1002;
    take(event);
    cr_assert_eq(world.rows.n, 5);
    cr_expect_str_eq(world_row(&world, 1)->outcome, "cut off");
    cr_expect_str_eq(world_row(&world, 3)->outcome, "cut off");
    cr_expect_str_eq(world_row(&world, 4)->user, "suzuki");
}

Test(sessions, the_oldest_of_too_many_is_not_followed_and_that_is_told)
{
    for (uint32_t i = 0; i < 257; i++) {
        struct audit_event event = login_event(ACT_LOGIN, 0, "sshd");
        event.session = i;
        take(event);
    }
    cr_assert_eq(world.rows.n, 258);
    cr_expect_str_eq(world_row(&world, 257)->outcome, "not followed");
    cr_expect_str_eq(world_row(&world, 257)->session, "0");
}
