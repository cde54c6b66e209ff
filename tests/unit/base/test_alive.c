// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/alive.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static int new_folder(void)
{
    char name[] = "/tmp/sekisho-test-XXXXXX";
    cr_assert_not_null(mkdtemp(name));
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    return fd;
}

Test(alive, nobody_is_there_without_the_file)
{
    CLEANUP_CLOSE int run = new_folder();
    cr_expect_eq(alive_is_held(run), 0);
}

Test(alive, the_holder_is_seen_until_it_lets_go)
{
    CLEANUP_CLOSE int run = new_folder();
    int fd = -1;
    cr_assert_eq(alive_hold(run, &fd), 0);
    cr_expect_eq(alive_is_held(run), 1);
    close(fd);
    cr_expect_eq(alive_is_held(run), 0);
}

Test(alive, a_second_holder_is_refused)
{
    CLEANUP_CLOSE int run = new_folder();
    CLEANUP_CLOSE int first = -1;
    int second = -1;
    cr_assert_eq(alive_hold(run, &first), 0);
    cr_expect_eq(alive_hold(run, &second), -EBUSY);
    cr_expect_eq(second, -1);
}

Test(alive, a_mere_reader_of_the_file_is_not_taken_for_the_daemon)
{
    CLEANUP_CLOSE int run = new_folder();
    CLEANUP_CLOSE int reader = openat(run, "alive", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    cr_assert_eq(fcntl(reader, F_OFD_SETLK, &whole), 0);
    cr_expect_eq(alive_is_held(run), 0);
}

Test(alive, a_killed_holder_is_gone)
{
    CLEANUP_CLOSE int run = new_folder();
    int ready[2];
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = -1;
        char r = alive_hold(run, &fd) == 0 ? 'y' : 'n';
        (void)!write(ready[1], &r, 1);
        pause();
        _exit(0);
    }
    char answer = 0;
    cr_assert_eq(read(ready[0], &answer, 1), 1);
    cr_assert_eq(answer, 'y');
    cr_expect_eq(alive_is_held(run), 1);
    kill(child, SIGKILL);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    cr_expect_eq(alive_is_held(run), 0);
}
