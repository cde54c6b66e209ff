// SPDX-License-Identifier: GPL-3.0-or-later
// A look at how a part of the machine is set up, by the program `health` (agent/health): asked for
// each minute and when one of the trip wires says that something changed. Several wishes within a
// moment are one look; a wish during a look is another look after it.
#pragma once

#include "base/util.h"
#include "worker/wires.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct probe;

// What it saw (one JSON object; borrowed), or NULL and why nothing can be said.
typedef void (*probe_seen)(void *context, json_object *facts, const char *why);

struct probe_options {
    sd_event *event;
    const char *programs; // folder of `health`; borrowed for the call
    const char *section;  // "storage"; a literal
    uint64_t patience_us; // a look that takes longer has failed
    probe_seen seen;
    void *context;
};

must_check int probe_new(const struct probe_options *options, struct probe **ret);
void probe_free(struct probe *probe);
DEFINE_CLEANUP(struct probe, probe_free)

// What follows the section on the command line, copied; NULL and 0: nothing. Takes effect with the
// next look.
must_check int probe_set_arguments(struct probe *probe, const char *const *arguments, size_t n);

must_check int probe_ask(struct probe *probe);

// Whose change asks for a look, too: for the caller to lay. Borrowed.
struct wires *probe_wires(struct probe *probe);
