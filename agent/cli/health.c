// SPDX-License-Identifier: GPL-3.0-or-later
// One question, one answer, within a time.
#include "cli/health.h"

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

#define PATIENCE_NS (60 * NS_PER_S)
#define OUTPUT_MAX (1u << 20)
#define FIXED 5 // health --root DIR SECTION, and the NULL at the end

static int read_piece(int pipe, FILE *out, size_t *length)
{
    char piece[4096];
    ssize_t n = read(pipe, piece, sizeof piece);
    if (n < 0)
        return errno == EINTR ? 1 : -errno;
    *length += (size_t)n;
    if (*length > OUTPUT_MAX)
        return -EFBIG;
    if (n > 0 && fwrite(piece, 1, (size_t)n, out) != (size_t)n)
        return -ENOMEM;
    return n > 0;
}

// To its end, or until patience ends.
static int read_all(int pipe, char **ret, size_t *ret_length)
{
    CLEANUP_FREE char *text = NULL;
    size_t size, length = 0;
    uint64_t until = moment_now().monotonic_ns + PATIENCE_NS;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    int r = 1;
    while (r > 0) {
        uint64_t now = moment_now().monotonic_ns;
        struct pollfd wait = {.fd = pipe, .events = POLLIN};
        int ready = now < until ? poll(&wait, 1, (int)((until - now) / NS_PER_MS) + 1) : 0;
        if (ready == 0)
            r = -ETIMEDOUT;
        else if (ready < 0)
            r = errno == EINTR ? 1 : -errno;
        else
            r = read_piece(pipe, out, &length);
    }
    if (fclose(out) != 0 && r == 0)
        r = -ENOMEM;
    if (r < 0)
        return r;
    *ret = TAKE_PTR(text);
    *ret_length = length;
    return 0;
}

static int end_process(int process, int r)
{
    siginfo_t info = {0};
    if (r < 0)
        (void)pidfd_send_signal(process, SIGKILL, NULL, 0);
    if (waitid(P_PIDFD, (id_t)process, &info, WEXITED) < 0)
        return r < 0 ? r : -errno;
    return r < 0 || (info.si_code == CLD_EXITED && info.si_status == 0) ? r : -EPROTO;
}

static int run(const char *program, char *const arguments[], json_object **ret)
{
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    int ends[2], process;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP_CLOSE int in = ends[0];
    int r = spawn_program(program, arguments, -1, ends[1], &process);
    (void)close(ends[1]);
    if (r < 0)
        return r;
    CLEANUP_CLOSE int held = process;
    r = end_process(held, read_all(in, &text, &length));
    if (r < 0)
        return r;
    *ret = json_parse(text, length, json_type_object);
    return *ret ? 0 : -EBADMSG;
}

int health_ask(const struct health_question *question, json_object **ret, char **ret_why)
{
    CLEANUP_FREE char *program = text_format("%s/health", question->programs);
    CLEANUP_FREE char **arguments = calloc(FIXED + question->n, sizeof *arguments);
    size_t n = 0;
    if (!program || !arguments)
        return -ENOMEM;
    arguments[n++] = (char *)"health";
    if (question->root) {
        arguments[n++] = (char *)"--root";
        arguments[n++] = (char *)question->root;
    }
    arguments[n++] = (char *)question->section;
    for (size_t i = 0; i < question->n; i++)
        arguments[n++] = question->arguments[i];
    int r = run(program, arguments, ret);
    if (r < 0)
        *ret_why = text_format("%s: %s", program, strerrordesc_np(-r));
    return r;
}
