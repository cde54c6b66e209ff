// SPDX-License-Identifier: GPL-3.0-or-later
// Reads until it closes its output, then waits for its end.
#include "base/program.h"

#include "base/moment.h"
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define PIECE 4096

void program_answer_clear(struct program_answer *answer)
{
    free(answer->text);
    *answer = (struct program_answer){0};
}

// 1: there may be more, 0: it has ended.
static int read_piece(int pipe, FILE *out, size_t max, size_t *length)
{
    char piece[PIECE];
    ssize_t n = read(pipe, piece, sizeof piece);
    if (n < 0)
        return errno == EINTR ? 1 : -errno;
    *length += (size_t)n;
    if (*length > max)
        return -EFBIG;
    if (n > 0 && fwrite(piece, 1, (size_t)n, out) != (size_t)n)
        return -ENOMEM;
    return n > 0;
}

static int wait_for(int fd, uint64_t until_ns)
{
    uint64_t now = moment_now().monotonic_ns;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int ready = now < until_ns ? poll(&wait, 1, (int)((until_ns - now) / NS_PER_MS) + 1) : 0;
    if (ready < 0)
        return errno == EINTR ? 0 : -errno;
    return ready == 0 ? -ETIMEDOUT : 1;
}

static int read_all(int pipe, size_t max, uint64_t until_ns, struct program_answer *answer)
{
    size_t size, length = 0;
    FILE *out = open_memstream(&answer->text, &size);
    if (!out)
        return -ENOMEM;
    int r = 1;
    while (r > 0) {
        r = wait_for(pipe, until_ns);
        r = r > 0 ? read_piece(pipe, out, max, &length) : r == 0 ? 1 : r;
    }
    if (fclose(out) != 0 && r == 0)
        r = -ENOMEM;
    answer->length = length;
    return r;
}

// It may have closed its output and go on.
static int end_process(int process, uint64_t until_ns, int r, int *ret_status)
{
    siginfo_t info = {0};
    int ended = r < 0 ? r : 0;
    while (ended == 0)
        ended = wait_for(process, until_ns);
    if (ended < 0)
        (void)pidfd_send_signal(process, SIGKILL, NULL, 0);
    if (waitid(P_PIDFD, (id_t)process, &info, WEXITED) < 0)
        return -errno;
    *ret_status = info.si_status;
    if (ended < 0)
        return ended;
    return info.si_code == CLD_EXITED ? 0 : -EPROTO;
}

int program_read(const char *program, char *const arguments[], size_t max, uint64_t patience_ns,
                 struct program_answer *ret)
{
    CLEANUP(program_answer_clear) struct program_answer answer = {0};
    CLEANUP_CLOSE int process = -1;
    uint64_t until_ns = moment_now().monotonic_ns + patience_ns;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP_CLOSE int in = ends[0];
    int r = spawn_program(program, arguments, -1, ends[1], &process);
    (void)close(ends[1]);
    if (r < 0)
        return r;
    r = read_all(in, max, until_ns, &answer);
    r = end_process(process, until_ns, r, &answer.status);
    if (r < 0)
        return r;
    *ret = answer;
    answer.text = NULL;
    return 0;
}
