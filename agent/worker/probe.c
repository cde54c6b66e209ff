// SPDX-License-Identifier: GPL-3.0-or-later
// When to look, and what came of it.
#include "worker/probe.h"

#include "base/json.h"
#include "base/text.h"
#include "worker/worker.h"

#include <errno.h>
#include <string.h>

#define TOGETHER_US (300 * 1000) // wishes within so long are one
#define OUTPUT_MAX (1u << 20)
#define ARGUMENTS_MAX 256

struct probe {
    struct probe_options options; // programs is not kept
    char *program;
    char *arguments[ARGUMENTS_MAX + 3]; // name, section, those of the caller, NULL; owned
    struct worker *worker;              // NULL: no look is under way
    sd_event_source *soon;              // a look is to begin
    bool again;                         // … once more after this one
    struct wires *wires;
};

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
    wires_renew(probe->wires);
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

static void on_tripped(void *context)
{
    struct probe *probe = context;
    int r = probe_ask(probe);
    if (r < 0)
        probe->options.seen(probe->options.context, NULL, strerror(-r));
}

struct wires *probe_wires(struct probe *probe)
{
    return probe->wires;
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
    int r = wires_new(options->event, on_tripped, probe, &probe->wires);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(probe);
    return 0;
}

void probe_free(struct probe *probe)
{
    if (!probe)
        return;
    worker_free(probe->worker);
    sd_event_source_disable_unref(probe->soon);
    wires_free(probe->wires);
    for (size_t i = 0; i < ELEMENTS(probe->arguments); i++)
        free(probe->arguments[i]);
    free(probe->program);
    free(probe);
}
