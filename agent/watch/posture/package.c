// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "package": are the files of our package those that it brought? dpkg is asked, which has
// their sums.
#include "base/file.h"
#include "base/moment.h"
#include "base/spawn.h"
#include "base/text.h"
#include "watch/posture/topics.h"
#include "watch/posture/words.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define DPKG "/usr/bin/dpkg"
#define PATIENCE_NS (20 * NS_PER_S)
#define OUTPUT_SIZE (64u << 10)

struct answer {
    char text[OUTPUT_SIZE];
    size_t length;
    int status; // of dpkg
};

// 1: there may be more, 0: it has ended.
static int read_piece(int pipe, struct answer *answer)
{
    if (answer->length == sizeof answer->text - 1)
        return -E2BIG;
    ssize_t n = read(pipe, answer->text + answer->length, sizeof answer->text - 1 - answer->length);
    if (n < 0)
        return errno == EINTR ? 1 : -errno;
    answer->length += (size_t)n;
    answer->text[answer->length] = '\0';
    return n > 0;
}

static int read_all(int pipe, struct answer *answer)
{
    uint64_t until = moment_now().monotonic_ns + PATIENCE_NS;
    int r = 1;
    while (r > 0) {
        uint64_t now = moment_now().monotonic_ns;
        struct pollfd wait = {.fd = pipe, .events = POLLIN};
        int ready = now < until ? poll(&wait, 1, (int)((until - now) / NS_PER_MS) + 1) : 0;
        if (ready == 0)
            return -ETIMEDOUT;
        r = ready < 0 ? (errno == EINTR ? 1 : -errno) : read_piece(pipe, answer);
    }
    return r;
}

static int end_process(int process, int r, struct answer *answer)
{
    siginfo_t info = {0};
    if (r < 0)
        (void)pidfd_send_signal(process, SIGKILL, NULL, 0);
    if (waitid(P_PIDFD, (id_t)process, &info, WEXITED) < 0)
        return r < 0 ? r : -errno;
    if (r == 0 && info.si_code != CLD_EXITED)
        return -EPROTO;
    answer->status = info.si_status;
    return r;
}

static int ask(struct answer *answer)
{
    char name[] = "dpkg", verify[] = "--verify", package[] = "sekisho";
    char *const arguments[] = {name, verify, package, NULL};
    int ends[2], process;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP_CLOSE int in = ends[0];
    int r = spawn_program(DPKG, arguments, -1, ends[1], &process);
    (void)close(ends[1]);
    if (r < 0)
        return r;
    CLEANUP_CLOSE int owned = process;
    return end_process(process, read_all(in, answer), answer);
}

// "??5??????   /usr/sbin/sekishod", "missing     /usr/…"; a "c" before the path: a configuration
// file, which people may change.
static void take_line(struct sight *sight, json_object *changed, const char *line)
{
    char what[WORDS_SIZE];
    const char *rest = line;
    if (!words_next(&rest, what))
        return;
    rest = words_skip_space(rest);
    if (rest[0] == 'c' && rest[1] == ' ')
        return;
    sight_append(sight, changed, sight_text(rest), DPKG);
}

// "changed": paths of ours that are not what the package brought, or gone. Nothing but {} if nobody
// asked for it.
void posture_look_at_package(struct sight *sight)
{
    if (!sight->with_package)
        return;
    struct answer *answer = calloc(1, sizeof *answer);
    if (!answer) {
        sight->r = -ENOMEM;
        return;
    }
    char line[WORDS_LINE_SIZE];
    bool cut = false;
    int r = ask(answer);
    // 1: it found differences, or there is no such package, and then it has nothing to list.
    if (r == 0 && (answer->status > 1 || (answer->status == 1 && answer->length == 0)))
        r = -ENOPKG;
    if (r == 0) {
        json_object *changed = sight_array(sight, sight->topic, "changed");
        for (const char *rest = answer->text; words_line(&rest, false, line, &cut);)
            take_line(sight, changed, line);
    }
    if (r < 0 || cut)
        sight_note(sight, DPKG, r < 0 ? r : -E2BIG);
    free(answer);
}
