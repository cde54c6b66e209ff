// SPDX-License-Identifier: GPL-3.0-or-later
#include "world.h"

#include "trail/state.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#define DAY (24 * 3600)

static char folder[] = "/srv/tokutei", real[] = "/data/tokutei", open_to_all[] = "/srv/kyoyu";
static char *const folders[] = {folder, real, open_to_all};
static struct world world;

// tanaka handles nothing, and the third folder has no handlers.
static bool is_stranger(void *context, uint32_t uid, const char *login, const char *name)
{
    (void)context, (void)uid;
    return strcmp(name, open_to_all) != 0 && text_equal(login, "tanaka");
}

static bool is_told(void *context, uint32_t pid, const char *account, uint64_t wall_ns)
{
    (void)context, (void)wall_ns;
    return pid == 50 && text_equal(account, "tanaka");
}

static void begin(void)
{
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    world_begin(&world, 0);
    trail_set_folders(world.trail, folders, ELEMENTS(folders));
    world.trail->settings.is_stranger = is_stranger;
    world.trail->settings.is_told = is_told;
}

static void end(void)
{
    world_end(&world);
}

TestSuite(strangers, .init = begin, .fini = end);

static void take(struct audit_event event)
{
    world_take(&world, &event);
}

static void expect_severity(size_t n, enum severity severity)
{
    cr_expect_eq(world_row(&world, n)->severity, severity, "row %zu", n);
}

#define WHY "{\"reason\":\"not-a-handler\",\"protected\":\"/srv/tokutei\"}"

Test(strangers, the_first_access_of_a_day_is_a_violation_and_the_others_say_the_same)
{
    take(file_event(ACT_READ, 0, "/srv/tokutei/a"));
    take(file_event(ACT_READ, 10, "/srv/tokutei/b"));
    take(file_event(ACT_DELETE, 20, "/srv/tokutei/c"));
    expect_told(&world, 0, "file.read /srv/tokutei/a done " WHY);
    expect_told(&world, 1, "file.read /srv/tokutei/b done " WHY);
    expect_severity(0, SEVERITY_VIOLATION);
    expect_severity(1, SEVERITY_WARNING);
    expect_severity(2, SEVERITY_WARNING);
}

Test(strangers, another_day_and_another_folder_are_told_anew)
{
    take(file_event(ACT_READ, 0, "/srv/tokutei/a"));
    take(file_event(ACT_READ, 10, "/data/tokutei/a"));
    take(file_event(ACT_READ, DAY, "/srv/tokutei/a"));
    expect_severity(0, SEVERITY_VIOLATION);
    expect_severity(1, SEVERITY_VIOLATION);
    expect_severity(2, SEVERITY_VIOLATION);
}

Test(strangers, what_was_refused_is_one_too)
{
    struct audit_event event = file_event(ACT_READ, 0, "/srv/tokutei/a");
    event.error = EACCES;
    take(event);
    expect_told(&world, 0, "file.read /srv/tokutei/a refused " WHY);
    expect_severity(0, SEVERITY_VIOLATION);
}

Test(strangers, whoever_takes_something_out_of_the_folder_or_into_it_is_seen)
{
    take(rename_event(0, "/home/tanaka/a", "/srv/tokutei/a"));
    expect_severity(0, SEVERITY_VIOLATION);
}

Test(strangers, handlers_services_and_other_folders_are_none)
{
    struct audit_event event = file_event(ACT_READ, 0, "/srv/tokutei/a");
    event.auid = UINT32_MAX; // the antivirus
    take(event);
    event.auid = 1000;
    take(event);
    take(file_event(ACT_READ, 20, "/srv/kyoyu/a"));
    take(file_event(ACT_READ, 30, "/srv/tokutei-other/a"));
    cr_assert_eq(world.rows.n, 4);
    for (size_t i = 0; i < 4; i++)
        expect_severity(i, SEVERITY_INFO);
}

static bool is_for_emergencies(void *context, const char *account)
{
    (void)context;
    return text_equal(account, "tanaka");
}

Test(strangers, an_account_for_emergencies_is_looked_at)
{
    world.trail->settings.is_for_emergencies = is_for_emergencies;
    take(login_event(ACT_LOGIN, 0, "sshd"));
    cr_assert_eq(world.rows.n, 1);
    expect_severity(0, SEVERITY_VIOLATION);
    cr_expect(strstr(world_row(&world, 0)->details, "\"emergency\":true"));
    struct audit_event event = login_event(ACT_LOGIN, 20, "su");
    event.account = (char[]){"suzuki"};
    event.pid = 99;
    take(event);
    expect_severity(1, SEVERITY_INFO);
}

Test(strangers, a_refusal_that_has_a_row_is_no_second_one)
{
    struct audit_event event = login_event(ACT_LOGIN_REFUSED, 0, "sshd");
    event.account = (char[]){"tanaka"};
    take(event);
    cr_expect_eq(world.rows.n, 0);
    event = login_event(ACT_LOGIN_REFUSED, 20, "sshd");
    event.account = (char[]){"suzuki"};
    event.pid = 51;
    take(event);
    cr_expect_eq(world.rows.n, 1);
    event = login_event(ACT_LOGIN_FAILED, 40, "sshd"); // a wrong password is another matter
    event.account = (char[]){"tanaka"};
    event.pid = 52;
    take(event);
    cr_expect_eq(world.rows.n, 2);
}
