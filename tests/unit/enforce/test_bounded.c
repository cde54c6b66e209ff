// SPDX-License-Identifier: GPL-3.0-or-later
#include "enforce/bounded.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char path[32];
    int dir;
};

static void new_place(struct place *place)
{
    strcpy(place->path, "/tmp/bounded-XXXXXX");
    cr_assert_not_null(mkdtemp(place->path));
    place->dir = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(place->dir, 0);
}

static void remove_place(struct place *place)
{
    (void)unlinkat(place->dir, "file", 0);
    (void)close(place->dir);
    (void)rmdir(place->path);
}

Test(bounded, what_is_written_is_there)
{
    char read_back[8] = "";
    struct place place;
    new_place(&place);
    CLEANUP_CLOSE int fd = openat(place.dir, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    cr_expect_eq(bounded_write_at(place.dir, "file", "1"), 0);
    cr_expect_eq(read(fd, read_back, sizeof read_back), 1);
    cr_expect_str_eq(read_back, "1");
    remove_place(&place);
}

Test(bounded, an_error_is_the_one_of_the_write)
{
    CLEANUP_CLOSE int dev = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_expect_eq(bounded_write_at(dev, "full", "1"), -ENOSPC);
    cr_expect_eq(bounded_write_at(dev, "there-is-no-such-file", "1"), -ENOENT);
}

// A pipe that is full is a device that does not answer.
Test(bounded, nobody_waits_for_what_does_not_answer_and_it_is_done_later)
{
    struct place place;
    char drained[4096];
    ssize_t last = 0;
    new_place(&place);
    cr_assert_eq(mkfifoat(place.dir, "file", 0600), 0);
    CLEANUP_CLOSE int pipe = openat(place.dir, "file", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    while (write(pipe, drained, sizeof drained) > 0)
        ;
    cr_expect_eq(bounded_write_at(place.dir, "file", "late"), -ETIMEDOUT);
    cr_expect_eq(fcntl(pipe, F_SETFL, 0), 0);
    while (last != 4) // the writer that nobody waits for has room again
        last = read(pipe, drained, sizeof drained);
    cr_expect_eq(memcmp(drained, "late", 4), 0);
    remove_place(&place);
}
