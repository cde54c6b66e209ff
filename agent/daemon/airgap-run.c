// SPDX-License-Identifier: GPL-3.0-or-later
// Starts airgap, waits for it as long as is bearable, and hands on what it said.
#include "daemon/airgap-run.h"

#include "base/file.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define PATIENCE_US (20 * 1000 * 1000ULL)
#define SAID_MAX (64 * 1024)

struct airgap_run {
    struct airgap_run_options options;
    sd_event_source *running;  // NULL: none
    sd_event_source *patience; // until it is ended
    int said;                  // its standard output; −1: none runs
    bool again;                // after the one that runs
};

static void clear(struct airgap_run *run)
{
    run->running = sd_event_source_disable_unref(run->running);
    run->patience = sd_event_source_disable_unref(run->patience);
    if (run->said >= 0)
        (void)close(run->said);
    run->said = -1;
}

static int read_said(int fd, char **ret)
{
    size_t length;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    return file_read_fd(fd, SAID_MAX, ret, &length);
}

static int on_ended(sd_event_source *source, const siginfo_t *info, void *context)
{
    struct airgap_run *run = context;
    CLEANUP_FREE char *said = NULL;
    int status = info->si_code == CLD_EXITED ? info->si_status : -info->si_status;
    bool again = run->again;
    (void)source;
    int r = read_said(run->said, &said);
    if (r < 0)
        log_error("cannot read what airgap said: %s", strerror(-r));
    clear(run);
    run->again = false;
    run->options.ended(run->options.context, status, said ? said : "");
    if (!again)
        return 0;
    r = airgap_run_start(run);
    if (r < 0)
        run->options.ended(run->options.context, r, "");
    return 0;
}

static int on_impatient(sd_event_source *source, uint64_t now, void *context)
{
    struct airgap_run *run = context;
    (void)source, (void)now;
    return sd_event_source_send_child_signal(run->running, SIGKILL, NULL, 0);
}

static int spawn(struct airgap_run *run, int *ret_process)
{
    CLEANUP_FREE char *program = text_format("%s/airgap", run->options.places->programs),
                      *verb = text_dup(run->options.verb);
    char *arguments[] = {program, verb, NULL};
    if (!program || !verb)
        return -ENOMEM;
    run->said = memfd_create("sekisho-airgap", MFD_CLOEXEC);
    if (run->said < 0)
        return -errno;
    return spawn_program(program, arguments, -1, run->said, ret_process);
}

static int start(struct airgap_run *run)
{
    int pidfd = -1;
    int r = spawn(run, &pidfd);
    if (r < 0)
        return r;
    r = sd_event_add_child_pidfd(run->options.event, &run->running, pidfd, WEXITED, on_ended, run);
    if (r >= 0)
        r = sd_event_source_set_child_pidfd_own(run->running, true);
    if (r < 0) {
        (void)close(pidfd);
        return r;
    }
    r = sd_event_add_time_relative(run->options.event, &run->patience, CLOCK_MONOTONIC, PATIENCE_US,
                                   0, on_impatient, run);
    return r < 0 ? r : 0;
}

int airgap_run_start(struct airgap_run *run)
{
    run->again = run->running != NULL;
    if (run->running)
        return 0;
    int r = start(run);
    if (r < 0)
        clear(run);
    return r;
}

bool airgap_run_is_going(const struct airgap_run *run)
{
    return run->running != NULL;
}

int airgap_run_new(const struct airgap_run_options *options, struct airgap_run **ret)
{
    struct airgap_run *run = calloc(1, sizeof *run);
    if (!run)
        return -ENOMEM;
    run->options = *options;
    run->said = -1;
    *ret = run;
    return 0;
}

void airgap_run_free(struct airgap_run *run)
{
    if (!run)
        return;
    clear(run);
    free(run);
}
