// SPDX-License-Identifier: GPL-3.0-or-later
// One program, its output within limits of bytes and time.
#include "watch/antivirus/command.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/spawn.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define PATIENCE_NS (10 * NS_PER_S)
#define OUTPUT_MAX (256 * 1024)

// More (1), the end (0), or −errno.
static int read_piece(int pipe, uint64_t until, char *output, size_t *length)
{
    uint64_t now = moment_now().monotonic_ns;
    struct pollfd wait = {.fd = pipe, .events = POLLIN};
    int ready = now < until ? poll(&wait, 1, (int)((until - now) / NS_PER_MS) + 1) : 0;
    if (ready <= 0)
        return ready == 0 ? -ETIMEDOUT : errno == EINTR ? 1 : -errno;
    if (*length == OUTPUT_MAX)
        return -EFBIG;
    ssize_t n = read(pipe, output + *length, OUTPUT_MAX - *length);
    if (n < 0)
        return errno == EINTR ? 1 : -errno;
    *length += (size_t)n;
    return n > 0;
}

static int end_process(int process, uint64_t until, int r)
{
    siginfo_t info = {0};
    uint64_t now = moment_now().monotonic_ns;
    struct pollfd wait = {.fd = process, .events = POLLIN};
    if (r == 0 && poll(&wait, 1, now < until ? (int)((until - now) / NS_PER_MS) : 0) <= 0)
        r = -ETIMEDOUT; // it closed its output and goes on
    if (r < 0)
        (void)pidfd_send_signal(process, SIGKILL, NULL, 0);
    if (waitid(P_PIDFD, (id_t)process, &info, WEXITED) < 0)
        return r < 0 ? r : -errno;
    return r < 0 || (info.si_code == CLD_EXITED && info.si_status == 0) ? r : -EPROTO;
}

int command_ask(char *const words[], json_object **ret)
{
    CLEANUP_FREE char *output = malloc(OUTPUT_MAX);
    uint64_t until = moment_now().monotonic_ns + PATIENCE_NS;
    size_t length = 0;
    int ends[2], process;
    if (!output)
        return -ENOMEM;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP_CLOSE int in = ends[0];
    int r = spawn_program(words[0], words, -1, ends[1], &process);
    (void)close(ends[1]);
    if (r < 0)
        return r;
    CLEANUP_CLOSE int held = process;
    do
        r = read_piece(in, until, output, &length);
    while (r > 0);
    r = end_process(held, until, r);
    if (r < 0)
        return r;
    *ret = json_parse(output, length, json_type_object);
    return *ret ? 0 : -EBADMSG;
}

json_object *command_field(json_object *answer, const char *path)
{
    CLEANUP_FREE char *copy = text_dup(path);
    char *rest = copy;
    for (char *name; answer && (name = strsep(&rest, "."));)
        answer = json_get(answer, name);
    return copy ? answer : NULL;
}
