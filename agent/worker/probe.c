// SPDX-License-Identifier: GPL-3.0-or-later
// When to look, and what came of it.
#include "worker/probe.h"

#include "base/json.h"
#include "base/text.h"
#include "worker/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

#define TOGETHER_US (300 * 1000) // wishes within so long are one
#define OUTPUT_MAX (1u << 20)
#define ARGUMENTS_MAX 256
#define WIRES_MAX 64
#define CHANGES                                                                                    \
    (IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |            \
     IN_DELETE_SELF | IN_MOVE_SELF)

struct wire {
    struct probe *probe; // borrowed
    char *path;
    sd_event_source *source; // NULL: there is nothing of that name, or it is another one by now
};

struct probe {
    struct probe_options options; // programs is not kept
    char *program;
    char *arguments[ARGUMENTS_MAX + 3]; // name, section, those of the caller, NULL; owned
    struct worker *worker;              // NULL: no look is under way
    sd_event_source *soon;              // a look is to begin
    bool again;                         // … once more after this one
    struct wire wires[WIRES_MAX];
    size_t n_wires;
    sd_event_source *on_process;
};

// ---- Trip wires --------------------------------------------------------------------------------

static void trip(struct probe *probe)
{
    int r = probe_ask(probe);
    if (r < 0)
        probe->options.seen(probe->options.context, NULL, strerror(-r));
}

static int on_path(sd_event_source *source, const struct inotify_event *event, void *context)
{
    struct wire *wire = context;
    (void)source;
    if (event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT))
        wire->source = sd_event_source_disable_unref(wire->source);
    trip(wire->probe);
    return 0;
}

static void arm(struct wire *wire)
{
    if (!wire->source)
        (void)sd_event_add_inotify(wire->probe->options.event, &wire->source, wire->path, CHANGES,
                                   on_path, wire);
}

int probe_watch_path(struct probe *probe, const char *path)
{
    if (probe->n_wires == WIRES_MAX)
        return -ENOSPC;
    struct wire *wire = &probe->wires[probe->n_wires];
    *wire = (struct wire){.probe = probe, .path = text_dup(path)};
    if (!wire->path)
        return -ENOMEM;
    probe->n_wires++;
    arm(wire);
    return 0;
}

// ---- A look ------------------------------------------------------------------------------------

static void on_done(void *context, const char *output, size_t length, const char *why)
{
    struct probe *probe = context;
    CLEANUP_JSON json_object *facts = output ? json_parse(output, length, json_type_object) : NULL;
    worker_free(TAKE_PTR(probe->worker));
    if (output && !facts)
        why = "it did not print one JSON object";
    probe->options.seen(probe->options.context, facts, why);
    if (!probe->again)
        return;
    probe->again = false;
    if (probe_ask(probe) < 0)
        probe->options.seen(probe->options.context, NULL, "the next look could not be planned");
}

static int begin(struct probe *probe)
{
    const struct worker_request request = {
        .event = probe->options.event,
        .program = probe->program,
        .arguments = probe->arguments,
        .output_max = OUTPUT_MAX,
        .patience_us = probe->options.patience_us,
        .done = on_done,
        .context = probe,
    };
    for (size_t i = 0; i < probe->n_wires; i++)
        arm(&probe->wires[i]); // before it looks: what changes from here on is another look
    return worker_start(&request, &probe->worker);
}

static int on_soon(sd_event_source *source, uint64_t usec, void *context)
{
    struct probe *probe = context;
    (void)source, (void)usec;
    probe->soon = sd_event_source_disable_unref(probe->soon);
    int r = begin(probe);
    if (r < 0)
        probe->options.seen(probe->options.context, NULL, strerror(-r));
    return 0;
}

int probe_ask(struct probe *probe)
{
    if (probe->worker) {
        probe->again = true;
        return 0;
    }
    if (probe->soon)
        return 0;
    int r = sd_event_add_time_relative(probe->options.event, &probe->soon, CLOCK_MONOTONIC,
                                       TOGETHER_US, 0, on_soon, probe);
    return r < 0 ? r : 0;
}

static int on_process(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct probe *probe = context;
    (void)source, (void)fd, (void)events;
    probe->on_process = sd_event_source_disable_unref(probe->on_process);
    trip(probe);
    return 0;
}

int probe_watch_process(struct probe *probe, int process)
{
    probe->on_process = sd_event_source_disable_unref(probe->on_process);
    if (process < 0)
        return 0;
    int r = sd_event_add_io(probe->options.event, &probe->on_process, process, EPOLLIN, on_process,
                            probe);
    if (r < 0) {
        (void)close(process);
        return r;
    }
    (void)sd_event_source_set_io_fd_own(probe->on_process, true);
    return 0;
}

void probe_forget_wires(struct probe *probe)
{
    while (probe->n_wires > 0) {
        struct wire *wire = &probe->wires[--probe->n_wires];
        wire->source = sd_event_source_disable_unref(wire->source);
        free(TAKE_PTR(wire->path));
    }
}

// ---- Life --------------------------------------------------------------------------------------

int probe_set_arguments(struct probe *probe, const char *const *arguments, size_t n)
{
    if (n > ARGUMENTS_MAX)
        return -E2BIG;
    char *copies[ARGUMENTS_MAX] = {NULL};
    for (size_t i = 0; i < n; i++) {
        copies[i] = text_dup(arguments[i]);
        if (copies[i])
            continue;
        while (i > 0)
            free(copies[--i]);
        return -ENOMEM;
    }
    for (size_t i = 2; probe->arguments[i]; i++)
        free(TAKE_PTR(probe->arguments[i]));
    if (n > 0)
        memcpy(&probe->arguments[2], copies, n * sizeof *copies);
    probe->arguments[2 + n] = NULL;
    return 0;
}

int probe_new(const struct probe_options *options, struct probe **ret)
{
    CLEANUP(probe_free_p) struct probe *probe = calloc(1, sizeof *probe);
    if (!probe)
        return -ENOMEM;
    probe->options = *options;
    probe->options.programs = NULL;
    probe->program = text_format("%s/health", options->programs);
    probe->arguments[0] = text_dup("health");
    probe->arguments[1] = text_dup(options->section);
    if (!probe->program || !probe->arguments[0] || !probe->arguments[1])
        return -ENOMEM;
    *ret = TAKE_PTR(probe);
    return 0;
}

void probe_free(struct probe *probe)
{
    if (!probe)
        return;
    worker_free(probe->worker);
    sd_event_source_disable_unref(probe->soon);
    sd_event_source_disable_unref(probe->on_process);
    probe_forget_wires(probe);
    for (size_t i = 0; i < ELEMENTS(probe->arguments); i++)
        free(probe->arguments[i]);
    free(probe->program);
    free(probe);
}
