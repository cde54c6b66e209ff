// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a program, takes what it prints, and ends it.
#include "worker/worker.h"

#include "base/spawn.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE 4096

struct worker {
    struct worker_request request; // program and arguments are not kept
    int process;                   // pidfd; −1: reaped
    int pipe;
    sd_event_source *on_pipe, *on_ended, *on_late;
    char *output;
    size_t length;
    const char *broken; // why what it prints is worth nothing; NULL: it is
};

// ---- What it prints ----------------------------------------------------------------------------

static void keep(struct worker *worker, const char *piece, size_t n)
{
    if (n > worker->request.output_max - worker->length) {
        worker->broken = "it printed too much";
        return;
    }
    char *more = realloc(worker->output, worker->length + n + 1);
    if (!more) {
        worker->broken = "no memory for what it printed";
        return;
    }
    memcpy(more + worker->length, piece, n);
    worker->length += n;
    more[worker->length] = '\0';
    worker->output = more;
}

// One read. 1: there was something, 0: nothing (more).
static int read_pipe(struct worker *worker)
{
    char piece[PIECE];
    ssize_t n = read(worker->pipe, piece, sizeof piece);
    if (n <= 0)
        return 0;
    if (!worker->broken)
        keep(worker, piece, (size_t)n);
    return 1;
}

static int on_pipe(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)fd, (void)events;
    if (read_pipe(context) > 0)
        return 0;
    return sd_event_source_set_enabled(source, SD_EVENT_OFF); // closed: its end follows
}

// ---- How it ends -------------------------------------------------------------------------------

static void forget_sources(struct worker *worker)
{
    worker->on_pipe = sd_event_source_disable_unref(worker->on_pipe);
    worker->on_ended = sd_event_source_disable_unref(worker->on_ended);
    worker->on_late = sd_event_source_disable_unref(worker->on_late);
}

// The worker may be gone afterwards.
static void conclude(struct worker *worker, const char *why)
{
    struct worker_request request = worker->request;
    CLEANUP_FREE char *output = TAKE_PTR(worker->output);
    if (!why && !output)
        why = "it printed nothing";
    request.done(request.context, why ? NULL : output, why ? 0 : worker->length, why);
}

static int on_ended(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct worker *worker = context;
    siginfo_t info = {0};
    char why[48];
    (void)source, (void)fd, (void)events;
    while (read_pipe(worker) > 0)
        ; // what it wrote before it ended
    bool reaped = waitid(P_PIDFD, (id_t)worker->process, &info, WEXITED | WNOHANG) == 0;
    forget_sources(
        worker); // before the descriptor: a child that is about to exec still has it, too
    close_p(&worker->process);
    worker->process = -1;
    (void)snprintf(why, sizeof why, info.si_code == CLD_EXITED ? "it ended with %d" : "signal %d",
                   info.si_status);
    bool well = reaped && info.si_code == CLD_EXITED && info.si_status == 0;
    conclude(worker, well ? worker->broken : why);
    return 0;
}

static int on_late(sd_event_source *source, uint64_t usec, void *context)
{
    struct worker *worker = context;
    char why[64];
    (void)source, (void)usec;
    (void)snprintf(why, sizeof why, "it took longer than %llu s",
                   (unsigned long long)(worker->request.patience_us / 1000000));
    forget_sources(worker);
    (void)pidfd_send_signal(worker->process, SIGKILL, NULL, 0);
    worker_reap_later(worker->request.event, worker->process);
    worker->process = -1;
    conclude(worker, why);
    return 0;
}

// ---- How it starts -----------------------------------------------------------------------------

static int start_process(struct worker *worker)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP_CLOSE int out = ends[1];
    worker->pipe = ends[0];
    if (fcntl(worker->pipe, F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    return spawn_program(worker->request.program, worker->request.arguments, -1, out,
                         &worker->process);
}

static int watch_process(struct worker *worker)
{
    sd_event *event = worker->request.event;
    int r = sd_event_add_io(event, &worker->on_pipe, worker->pipe, EPOLLIN, on_pipe, worker);
    if (r >= 0)
        r = sd_event_add_io(event, &worker->on_ended, worker->process, EPOLLIN, on_ended, worker);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &worker->on_late, CLOCK_MONOTONIC,
                                       worker->request.patience_us, 0, on_late, worker);
    return r < 0 ? r : 0;
}

int worker_start(const struct worker_request *request, struct worker **ret)
{
    CLEANUP(worker_free_p) struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return -ENOMEM;
    *worker = (struct worker){.request = *request, .process = -1, .pipe = -1};
    int r = start_process(worker);
    if (r == 0)
        r = watch_process(worker);
    if (r < 0)
        return r;
    worker->request.program = NULL;
    worker->request.arguments = NULL;
    *ret = TAKE_PTR(worker);
    return 0;
}

// ---- How it is ended ---------------------------------------------------------------------------

static int on_reaped(sd_event_source *source, int fd, uint32_t events, void *context)
{
    siginfo_t info = {0};
    (void)events, (void)context;
    (void)waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG);
    return sd_event_source_set_floating(source, 0); // and so the loop lets go of it
}

void worker_reap_later(sd_event *event, int process)
{
    siginfo_t info = {0};
    sd_event_source *source = NULL;
    if ((waitid(P_PIDFD, (id_t)process, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) ||
        sd_event_add_io(event, &source, process, EPOLLIN, on_reaped, NULL) < 0) {
        (void)close(process);
        return;
    }
    (void)sd_event_source_set_io_fd_own(source, true);
    (void)sd_event_source_set_floating(source, true);
    (void)sd_event_source_unref(source);
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    forget_sources(worker);
    if (worker->process >= 0) {
        (void)pidfd_send_signal(worker->process, SIGKILL, NULL, 0);
        worker_reap_later(worker->request.event, worker->process);
    }
    close_p(&worker->pipe);
    free(worker->output);
    free(worker);
}
