// SPDX-License-Identifier: GPL-3.0-or-later
// Taking a device from its driver takes as long as the driver waits for the device: 30 s for a
// SCSI command that is not answered. Nobody else is guarded meanwhile, so a process of its own
// waits for that, whom nobody has to wait for in turn.
#include "enforce/bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 2000

// All but two: what else is inherited, such as the lock that says the agent lives, must not outlive
// the agent here.
static void close_all_but(int one, int other)
{
    unsigned low = (unsigned)(one < other ? one : other);
    unsigned high = (unsigned)(one < other ? other : one);
    if (low > 0)
        (void)close_range(0, low - 1, 0);
    if (high - low > 1)
        (void)close_range(low + 1, high - 1, 0);
    (void)close_range(high + 1, ~0U, 0);
}

// In the child; the parent has threads, so only what is safe between fork() and the end. Its own
// child is nobody's to wait for.
static _Noreturn void write_and_answer(int fd, int answer, const char *value)
{
    close_all_but(fd, answer);
    pid_t writer = fork();
    if (writer != 0)
        _exit(writer < 0);
    size_t length = strlen(value);
    ssize_t n = write(fd, value, length);
    int error = n < 0 ? errno : (size_t)n < length ? EIO : 0;
    _exit(write(answer, &error, sizeof error) != sizeof error);
}

static int hear(int answer)
{
    struct pollfd poll_fd = {.fd = answer, .events = POLLIN};
    int n, error;
    do
        n = poll(&poll_fd, 1, PATIENCE_MS);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return n < 0 ? -errno : -ETIMEDOUT;
    return read(answer, &error, sizeof error) == sizeof error ? -error : -EIO;
}

int bounded_write_at(int dir, const char *path, const char *value)
{
    CLEANUP_CLOSE int ours = -1;
    CLEANUP_CLOSE int fd = openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    int ends[2], status;
    if (fd < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    ours = ends[0];

    pid_t child = fork();
    if (child == 0)
        write_and_answer(fd, ends[1], value);
    int error = errno;
    (void)close(ends[1]); // so that an end without an answer is heard
    if (child < 0)
        return -error;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return hear(ours);
}
