// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/login.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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
