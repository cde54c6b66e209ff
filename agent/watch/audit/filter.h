// SPDX-License-Identifier: GPL-3.0-or-later
// The program audit-read as a child: bytes in, frames out, and its end. Never blocks.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

struct audit_event;
struct audit_place;

struct filter_options {
    sd_event *event;
    const char *program; // borrowed for the call that starts it
    // Both outputs of a frame are handed over. −errno: the frame makes no sense.
    int (*event_seen)(void *context, struct audit_event *event);
    int (*place_seen)(void *context, struct audit_place *place);
    void (*writable)(void *context); // takes bytes again
    void (*ended)(void *context); // by itself, or for what it said; the filter may be freed there
    void *context;
};

struct filter;

must_check int filter_start(const struct filter_options *options, struct filter **ret);
void filter_free(struct filter *filter); // kills it
DEFINE_CLEANUP(struct filter, filter_free)

// How many of the bytes it took: fewer than `length` means that writable() follows. −errno.
must_check int filter_write(struct filter *filter, const void *data, size_t length,
                            size_t *ret_taken);
// Takes no more frames for now; it waits.
void filter_pause(struct filter *filter, bool pause);
