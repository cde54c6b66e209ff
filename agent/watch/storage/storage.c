// SPDX-License-Identifier: GPL-3.0-or-later
// Watches the protected folders: on what they lie down to the disk, who may read them, and where
// copies of their content go (swap, temporary folders). The look itself is the program health.
#include "watch/watch.h"

#include "fact/look.h"
#include "worker/probe.h"

#include <errno.h>
#include <string.h>

#define PATIENCE_US (30 * 1000 * 1000ULL)

struct storage_watch {
    struct watch_context context;
    struct probe *probe; // NULL: not live
};

static void on_seen(void *context, json_object *facts, const char *why)
{
    const struct storage_watch *watch = context;
    (void)!look_put(&watch->context.sink, FACT_SEEN_STORAGE, facts,
                    why); // else the next minute's does
}

static int storage_snapshot(void *state)
{
    const struct storage_watch *watch = state;
    return watch->probe ? probe_ask(watch->probe) : 0;
}

static void storage_stop(void *state)
{
    struct storage_watch *watch = state;
    if (!watch)
        return;
    probe_free(watch->probe);
    free(watch);
}

static void storage_stop_p(struct storage_watch **watch)
{
    storage_stop(*watch);
}

static int start_probe(struct storage_watch *watch)
{
    const struct probe_options options = {
        .event = watch->context.event,
        .programs = watch->context.programs,
        .section = "storage",
        .patience_us = PATIENCE_US,
        .seen = on_seen,
        .context = watch,
    };
    return probe_new(&options, &watch->probe);
}

// Files and folders; absolute.
static int lay_paths(struct storage_watch *watch, char *const folders[], size_t n)
{
    static const char *const files[] = {"/etc/passwd", "/etc/group", "/etc/nsswitch.conf"};
    struct wires *wires = probe_wires(watch->probe);
    int r = 0;
    wires_forget_paths(wires);
    for (size_t i = 0; r == 0 && i < ELEMENTS(files); i++)
        r = wires_add_file(wires, files[i]);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = wires_add_place(wires, folders[i]);
    return r;
}

static int start_wires(struct storage_watch *watch)
{
    struct wires *wires = probe_wires(watch->probe);
    int r = wires_add_table(wires, watch->context.proc, "self/mountinfo");
    if (r == 0)
        r = wires_add_table(wires, watch->context.proc, "swaps");
    return r < 0 ? r : lay_paths(watch, NULL, 0);
}

static int storage_start(const struct watch_context *context, void **ret_state)
{
    CLEANUP(storage_stop_p) struct storage_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->context = *context;
    int r = context->live ? start_probe(watch) : 0;
    if (r == 0 && context->live)
        r = start_wires(watch);
    if (r < 0)
        return r;
    *ret_state = TAKE_PTR(watch);
    return 0;
}

int watch_storage_set_folders(void *state, char *const folders[], size_t n)
{
    struct storage_watch *watch = state;
    if (!watch->probe)
        return 0;
    int r = probe_set_arguments(watch->probe, (const char *const *)folders, n);
    if (r == 0)
        r = lay_paths(watch, folders, n);
    return r < 0 ? r : probe_ask(watch->probe);
}

const struct watch watch_storage = {
    .name = "storage",
    .start = storage_start,
    .stop = storage_stop,
    .snapshot = storage_snapshot,
};
