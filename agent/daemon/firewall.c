// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the air gap's file and has `airgap` bring the kernel in step with it, in turn.
#include "daemon/firewall.h"

#include "base/file.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define OBJECT "firewall"
#define PATIENCE_US (20 * 1000 * 1000ULL)

enum { EXIT_SAME = 0, EXIT_MENDED = 1, EXIT_CHANGED = 3 }; // airgap(8), "mend"

struct firewall {
    struct firewall_options options;
    sd_event_source *running;  // NULL: nobody looks now
    sd_event_source *patience; // until it is ended
    bool again;                // after the one that runs
    bool set;                  // since the last look began: the next one brings what is ours
    bool ours;                 // what the running one finds to differ is what we have set
    bool failed;               // the last look
};

// ---- The end of a look
// ---------------------------------------------------------------------------

static void record_tampered(struct firewall *firewall, const char *outcome)
{
    recorder_put(firewall->options.recorder,
                 recorder_fact(FACT_AGENT_TAMPERED, OBJECT, outcome, NULL), NULL, NULL);
}

static void take_answer(struct firewall *firewall, int status)
{
    bool done = status == EXIT_SAME || status == EXIT_MENDED || status == EXIT_CHANGED;
    if (done && status == EXIT_MENDED && !firewall->ours)
        record_tampered(firewall, "restored");
    if (!done && !firewall->failed) { // each minute again: one row tells of all of them
        log_error("the firewall could not be brought in step: airgap ended with %d, trying again "
                  "within a minute",
                  status);
        record_tampered(firewall, "failed");
    }
    firewall->failed = !done;
    firewall->set |= firewall->ours && !done;
}

static int on_ended(sd_event_source *source, const siginfo_t *info, void *context)
{
    struct firewall *firewall = context;
    (void)source;
    take_answer(firewall, info->si_code == CLD_EXITED ? info->si_status : -info->si_status);
    firewall->running = sd_event_source_disable_unref(firewall->running);
    firewall->patience = sd_event_source_disable_unref(firewall->patience);
    if (firewall->again)
        firewall_look(firewall);
    return 0;
}

static int on_impatient(sd_event_source *source, uint64_t now, void *context)
{
    struct firewall *firewall = context;
    (void)source, (void)now;
    return sd_event_source_send_child_signal(firewall->running, SIGKILL, NULL, 0);
}

// ---- Its beginning
// --------------------------------------------------------------------------------

static int start(struct firewall *firewall)
{
    CLEANUP_FREE char *program = text_format("%s/airgap", firewall->options.places->programs);
    char verb[] = "mend", *arguments[] = {program, verb, NULL};
    int pidfd = -1;
    if (!program)
        return -ENOMEM;
    int r = spawn_program(program, arguments, -1, -1, &pidfd);
    if (r < 0)
        return r;
    r = sd_event_add_child_pidfd(firewall->options.event, &firewall->running, pidfd, WEXITED,
                                 on_ended, firewall);
    if (r >= 0)
        r = sd_event_source_set_child_pidfd_own(firewall->running, true);
    if (r < 0) {
        (void)close(pidfd);
        return r;
    }
    r = sd_event_add_time_relative(firewall->options.event, &firewall->patience, CLOCK_MONOTONIC,
                                   PATIENCE_US, 0, on_impatient, firewall);
    return r < 0 ? r : 0;
}

void firewall_look(struct firewall *firewall)
{
    if (!firewall->options.live)
        return;
    firewall->again = firewall->running != NULL;
    if (firewall->running)
        return;
    firewall->ours = firewall->set;
    firewall->set = false;
    int r = start(firewall);
    if (r == 0)
        return;
    firewall->set |= firewall->ours;
    if (!firewall->failed)
        log_error("cannot look at the firewall: %s, trying again within a minute", strerror(-r));
    firewall->failed = true;
}

int firewall_set(struct firewall *firewall, const struct airgap *airgap)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    int state = firewall->options.places->state;
    int r = airgap_encode(airgap, &text, &length);
    if (r == 0)
        r = file_replace_at(state, AIRGAP_FILE, 0600, text, length);
    if (r < 0) // an old file may still allow what was just taken back: none is safer
        (void)unlinkat(state, AIRGAP_FILE, 0);
    firewall->set = true;
    firewall_look(firewall);
    return r;
}

bool firewall_is_well(const struct firewall *firewall)
{
    return !firewall->failed;
}

// ---- Life
// -----------------------------------------------------------------------------------------

int firewall_new(const struct firewall_options *options, struct firewall **ret)
{
    struct firewall *firewall = calloc(1, sizeof *firewall);
    if (!firewall)
        return -ENOMEM;
    firewall->options = *options;
    *ret = firewall;
    return 0;
}

void firewall_free(struct firewall *firewall)
{
    if (!firewall)
        return;
    sd_event_source_disable_unref(firewall->running);
    sd_event_source_disable_unref(firewall->patience);
    free(firewall);
}
