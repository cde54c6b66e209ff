// SPDX-License-Identifier: GPL-3.0-or-later
// Watches the antivirus products: what is installed, runs, knows, scans and found. The look itself
// is the program health.
#include "watch/watch.h"

#include "fact/look.h"
#include "watch/antivirus/followed.h"
#include "worker/probe.h"

#include <errno.h>

#define PATIENCE_US (30 * 1000 * 1000ULL)

struct antivirus_watch {
    struct watch_context context;
    struct probe *probe; // NULL: not live
    struct followed followed;
};

static void on_seen(void *context, json_object *facts, const char *why)
{
    struct antivirus_watch *watch = context;
    if (facts)
        followed_set(&watch->followed, watch->probe, watch->context.proc, facts);
    (void)!look_put(&watch->context.sink, FACT_SEEN_ANTIVIRUS, facts,
                    why); // else the next minute's does
}

static int antivirus_snapshot(void *state)
{
    const struct antivirus_watch *watch = state;
    return watch->probe ? probe_ask(watch->probe) : 0;
}

static void antivirus_stop(void *state)
{
    struct antivirus_watch *watch = state;
    if (!watch)
        return;
    probe_free(watch->probe);
    free(watch);
}

static void antivirus_stop_p(struct antivirus_watch **watch)
{
    antivirus_stop(*watch);
}

static int start_probe(struct antivirus_watch *watch)
{
    const struct probe_options options = {
        .event = watch->context.event,
        .programs = watch->context.programs,
        .section = "antivirus",
        .patience_us = PATIENCE_US,
        .seen = on_seen,
        .context = watch,
    };
    return probe_new(&options, &watch->probe);
}

static int antivirus_start(const struct watch_context *context, void **ret_state)
{
    CLEANUP(antivirus_stop_p) struct antivirus_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->context = *context;
    int r = context->live ? start_probe(watch) : 0;
    if (r < 0)
        return r;
    *ret_state = TAKE_PTR(watch);
    return 0;
}

const struct watch watch_antivirus = {
    .name = "antivirus",
    .start = antivirus_start,
    .stop = antivirus_stop,
    .snapshot = antivirus_snapshot,
};
