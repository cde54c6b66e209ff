// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/login.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A /proc in which process 17 has this login and this session.
static int made_up(const char *login, const char *session)
{
    char name[] = "/tmp/sekisho-test-XXXXXX";
    cr_assert_not_null(mkdtemp(name));
    int proc = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(proc, 0);
    cr_assert_eq(mkdirat(proc, "17", 0755), 0);
    const char *const files[][2] = {{"17/loginuid", login}, {"17/sessionid", session}};
    for (size_t i = 0; i < ELEMENTS(files); i++) {
        int fd = openat(proc, files[i][0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        cr_assert_geq(dprintf(fd, "%s", files[i][1]), 0);
        close(fd);
    }
    return proc;
}

Test(login, a_person_is_told_with_the_session)
{
    CLEANUP_CLOSE int proc = made_up("1000", "3");
    uint32_t uid = 0, session = 0;
    cr_expect_eq(login_of_process(proc, 17, &uid), 0);
    cr_expect_eq(uid, 1000);
    cr_expect_eq(login_session_of_process(proc, 17, &session), 0);
    cr_expect_eq(session, 3);
}

Test(login, the_kernels_unset_number_is_nobody)
{
    CLEANUP_CLOSE int proc = made_up("4294967295", "4294967295");
    uint32_t uid = 0;
    cr_expect_eq(login_of_process(proc, 17, &uid), 0);
    cr_expect_eq(uid, LOGIN_NONE);
}

Test(login, what_is_no_number_is_refused_and_nothing_is_told)
{
    CLEANUP_CLOSE int proc = made_up("-1", "4294967296");
    uint32_t uid = 7;
    cr_expect_lt(login_of_process(proc, 17, &uid), 0);
    cr_expect_lt(login_session_of_process(proc, 17, &uid), 0);
    cr_expect_eq(uid, 7);
}

Test(login, a_process_that_ended_is_not_found)
{
    CLEANUP_CLOSE int proc = made_up("1000", "3");
    uint32_t uid = 7;
    cr_expect_eq(login_of_process(proc, 18, &uid), -ENOENT);
    cr_expect_eq(uid, 7);
}

// ---- Sessions as a whole -----------------------------------------------------------------------

struct process {
    const char *pid, *name, *session;
    uint64_t began; // in ticks
};

static void write_at(int proc, const char *pid, const char *name, const char *text)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", pid, name);
    int fd = openat(proc, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static int made_up_processes(const struct process *processes, size_t n)
{
    char name[] = "/tmp/sekisho-test-XXXXXX", stat[512];
    cr_assert_not_null(mkdtemp(name));
    int proc = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(proc, 0);
    cr_assert_eq(mkdirat(proc, "sys", 0755), 0);
    cr_assert_eq(mkdirat(proc, "99", 0755), 0); // it ends while it is looked at
    for (size_t i = 0; i < n; i++) {
        const struct process *p = &processes[i];
        cr_assert_eq(mkdirat(proc, p->pid, 0755), 0);
        write_at(proc, p->pid, "sessionid", p->session);
        (void)snprintf(stat, sizeof stat,
                       "%s (%s) S 1 2 3 0 -1 4194304 5 6 7 8 9 10 11 12 20 0 1 0 %llu 4096 17 18\n",
                       p->pid, p->name, (unsigned long long)p->began);
        write_at(proc, p->pid, "stat", stat);
    }
    return proc;
}

static const struct process some[] = {
    {"1", "systemd", "4294967295", 1},        {"700", "sshd", "7", 5000},
    {"701", "sshd) R 1 (x", "9", 5100},       {"702", "bash", "9", 5200},
    {"703", "a ) S 1 2 3 4 5", "8", 4000000},
};

Test(login, the_newest_session_is_the_highest_number)
{
    CLEANUP_CLOSE int proc = made_up_processes(some, ELEMENTS(some));
    uint32_t newest = 0;
    cr_assert_eq(login_newest_session(proc, &newest), 0);
    cr_expect_eq(newest, 9);
}

Test(login, without_any_session_the_newest_is_none)
{
    CLEANUP_CLOSE int proc = made_up_processes(some, 1);
    uint32_t newest = 5;
    cr_assert_eq(login_newest_session(proc, &newest), 0);
    cr_expect_eq(newest, 0);
}

Test(login, a_session_is_as_old_as_its_oldest_process)
{
    CLEANUP_CLOSE int proc = made_up_processes(some, ELEMENTS(some));
    uint64_t tick = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK), began = 0;
    cr_assert_eq(login_session_began(proc, 9, &began), 0);
    cr_expect_eq(began, 5100 * tick);
    cr_assert_eq(login_session_began(proc, 8, &began), 0);
    cr_expect_eq(began, 4000000 * tick);
    cr_expect_eq(login_session_began(proc, 6, &began), -ENOENT);
}

Test(login, a_process_whose_beginning_can_not_be_read_is_not_passed_over)
{
    CLEANUP_CLOSE int proc = made_up_processes(some, ELEMENTS(some));
    uint64_t began = 7;
    cr_assert_eq(mkdirat(proc, "704", 0755), 0);
    write_at(proc, "704", "sessionid", "9");
    write_at(proc, "704", "stat", "704 (cut) S 1 2");
    cr_expect_eq(login_session_began(proc, 9, &began), -EBADMSG);
    cr_expect_eq(began, 7);
}
