// SPDX-License-Identifier: GPL-3.0-or-later
// Taking a device from its driver takes as long as the driver waits for the device: 30 s for a
// SCSI command that is not answered. Nobody else is guarded meanwhile, so a process of its own
// waits for that, whom nobody has to wait for in turn.
#include "enforce/bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 2000
#define LATE_MAX 16 // that may be waiting for their devices still

// What else is inherited, such as the lock that says the agent lives, must not outlive the agent
// here.
static void keep_only(const int *fds, size_t n, int answer)
{
    unsigned from = 0;
    for (;;) {
        unsigned next = ~0U;
        for (size_t i = 0; i <= n; i++) {
            unsigned fd = (unsigned)(i < n ? fds[i] : answer);
            next = fd >= from && fd < next ? fd : next;
        }
        if (next > from)
            (void)close_range(from, next == ~0U ? next : next - 1, 0);
        if (next == ~0U)
            return;
        from = next + 1;
    }
}

// In the child; the parent has threads, so only what is safe between fork() and the end.
static _Noreturn void write_and_answer(const int *fds, const struct bounded_write *writes, size_t n,
                                       int answer)
{
    int error = 0;
    for (size_t i = 0; i < n && error == 0; i++) {
        size_t length = strlen(writes[i].value);
        ssize_t done = write(fds[i], writes[i].value, length);
        error = done < 0 ? errno : (size_t)done < length ? EIO : 0;
    }
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

// ---- Those who were not waited for --------------------------------------------------------------

static pid_t late[LATE_MAX];

static void reap_late(void)
{
    for (size_t i = 0; i < LATE_MAX; i++)
        if (late[i] > 0 && waitpid(late[i], NULL, WNOHANG) != 0)
            late[i] = 0;
}

static bool has_room(void)
{
    for (size_t i = 0; i < LATE_MAX; i++)
        if (late[i] == 0)
            return true;
    return false;
}

static void note_late(pid_t child)
{
    for (size_t i = 0; i < LATE_MAX; i++)
        if (late[i] == 0) {
            late[i] = child;
            return;
        }
}

// ---- Public -------------------------------------------------------------------------------------

static int write_in_child(const int *fds, const struct bounded_write *writes, size_t n)
{
    CLEANUP_CLOSE int ours = -1;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    ours = ends[0];
    pid_t child = fork();
    if (child == 0) {
        keep_only(fds, n, ends[1]);
        write_and_answer(fds, writes, n, ends[1]);
    }
    int error = errno;
    (void)close(ends[1]); // so that an end without an answer is heard
    if (child < 0)
        return -error;
    int r = hear(ours);
    if (r == -ETIMEDOUT)
        note_late(child);
    else
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) // it has answered, or ended
            ;
    return r;
}

int bounded_write_all(int dir, const struct bounded_write *writes, size_t n)
{
    int fds[BOUNDED_MAX], r = 0;
    size_t opened = 0;
    reap_late();
    if (n > BOUNDED_MAX || !has_room())
        return n > BOUNDED_MAX ? -E2BIG : -EBUSY;
    for (; opened < n && r == 0; opened += r == 0) {
        fds[opened] = openat(dir, writes[opened].path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        r = fds[opened] < 0 ? -errno : 0;
    }
    if (r == 0)
        r = write_in_child(fds, writes, n);
    for (size_t i = 0; i < opened; i++)
        close_p(&fds[i]);
    return r;
}

int bounded_write_at(int dir, const char *path, const char *value)
{
    return bounded_write_all(dir, &(struct bounded_write){path, value}, 1);
}
