// SPDX-License-Identifier: GPL-3.0-or-later
// A process that lives as long as we do, spoken to over a pipe.
#include "daemon/firewall-holder.h"

#include "base/log.h"
#include "base/spawn.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#define OBJECT "firewall holder"
#define AGAIN_US (1000 * 1000ULL)

struct firewall_holder {
    struct firewall_holder_options options;
    sd_event_source *process; // NULL: none runs
    sd_event_source *answers; // on its standard output
    sd_event_source *again;   // to be started once more
    int ask;                  // its standard input; −1: none runs
    int told;                 // its standard output; −1
    bool failed;              // the last answer, or that it can't be started
};

static void close_ends(struct firewall_holder *holder)
{
    holder->answers = sd_event_source_disable_unref(holder->answers);
    if (holder->ask >= 0)
        (void)close(holder->ask);
    if (holder->told >= 0)
        (void)close(holder->told);
    holder->ask = holder->told = -1;
}

// ---- What it says ------------------------------------------------------------------------------

static void take_answers(struct firewall_holder *holder, const char *text)
{
    const char *last = strrchr(text, '\n');
    if (!last)
        return;
    while (last > text && last[-1] != '\n')
        last--;
    bool failed = strcmp(last, "failed\n") == 0;
    if (failed && !holder->failed)
        log_error("the firewall's twin could not be made, trying again within a minute; the "
                  "firewall itself holds");
    holder->failed = failed;
}

static int on_answer(sd_event_source *source, int fd, uint32_t events, void *context)
{
    char text[256];
    (void)events;
    ssize_t n = read(fd, text, sizeof text - 1);
    if (n <= 0) // it has ended, which is told by its process
        return n < 0 && errno == EAGAIN ? 0 : sd_event_source_set_enabled(source, SD_EVENT_OFF);
    text[n] = '\0';
    take_answers(context, text);
    return 0;
}

// ---- Its life ----------------------------------------------------------------------------------

static int on_again(sd_event_source *source, uint64_t now, void *context)
{
    (void)source, (void)now;
    firewall_holder_bring(context);
    return 0;
}

static void start_again(struct firewall_holder *holder)
{
    int r = sd_event_source_set_time_relative(holder->again, AGAIN_US);
    if (r == 0)
        r = sd_event_source_set_enabled(holder->again, SD_EVENT_ONESHOT);
    if (r < 0)
        log_error("cannot set a timer: %s, trying again within a minute", strerror(-r));
}

static int on_ended(sd_event_source *source, const siginfo_t *info, void *context)
{
    struct firewall_holder *holder = context;
    bool killed = info->si_code != CLD_EXITED;
    (void)source;
    log_error("airgap hold has ended with %d, starting it again", info->si_status);
    holder->process = sd_event_source_disable_unref(holder->process);
    close_ends(holder);
    if (killed)
        recorder_put(holder->options.recorder,
                     recorder_fact(FACT_AGENT_TAMPERED, OBJECT, "restored", NULL), NULL, NULL);
    holder->failed = true;
    start_again(holder);
    return 0;
}

static int spawn(struct firewall_holder *holder, int in, int out, int *ret_process)
{
    CLEANUP_FREE char *program = text_format("%s/airgap", holder->options.places->programs);
    char verb[] = "hold", *arguments[] = {program, verb, NULL};
    return program ? spawn_program(program, arguments, in, out, ret_process) : -ENOMEM;
}

static int follow(struct firewall_holder *holder, int process)
{
    int r = sd_event_add_child_pidfd(holder->options.event, &holder->process, process, WEXITED,
                                     on_ended, holder);
    if (r >= 0)
        r = sd_event_source_set_child_pidfd_own(holder->process, true);
    if (r < 0) {
        (void)close(process);
        return r;
    }
    r = sd_event_add_io(holder->options.event, &holder->answers, holder->told, EPOLLIN, on_answer,
                        holder);
    return r < 0 ? r : 0;
}

static int start(struct firewall_holder *holder)
{
    CLEANUP_CLOSE int in = -1, out = -1;
    int ends[2], process = -1;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    in = ends[0], holder->ask = ends[1];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    out = ends[1], holder->told = ends[0];
    if (fcntl(holder->ask, F_SETFL, O_NONBLOCK) < 0 || fcntl(holder->told, F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    int r = spawn(holder, in, out, &process);
    return r < 0 ? r : follow(holder, process);
}

// A pipe that is full has lines in it that are not read yet, and one is enough.
static int ask(const struct firewall_holder *holder)
{
    return write(holder->ask, "\n", 1) == 1 || errno == EAGAIN ? 0 : -errno;
}

void firewall_holder_bring(struct firewall_holder *holder)
{
    int r = holder->process ? ask(holder) : start(holder);
    if (r == 0 || holder->process) // one that is ending is started again then
        return;
    close_ends(holder);
    if (!holder->failed)
        log_error("cannot start airgap hold: %s, trying again within a minute; the firewall itself "
                  "holds",
                  strerror(-r));
    holder->failed = true;
}

bool firewall_holder_is_well(const struct firewall_holder *holder)
{
    return !holder->failed;
}

int firewall_holder_new(const struct firewall_holder_options *options, struct firewall_holder **ret)
{
    CLEANUP(firewall_holder_free_p) struct firewall_holder *holder = calloc(1, sizeof *holder);
    if (!holder)
        return -ENOMEM;
    holder->options = *options;
    holder->ask = holder->told = -1;
    int r =
        sd_event_add_time(options->event, &holder->again, CLOCK_MONOTONIC, 0, 0, on_again, holder);
    if (r >= 0)
        r = sd_event_source_set_enabled(holder->again, SD_EVENT_OFF);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(holder);
    return 0;
}

void firewall_holder_free(struct firewall_holder *holder)
{
    if (!holder)
        return;
    sd_event_source_disable_unref(holder->process);
    sd_event_source_disable_unref(holder->again);
    close_ends(holder);
    free(holder);
}
