// SPDX-License-Identifier: GPL-3.0-or-later
// One run of a helper program of ours: what it prints is taken whole, within a limit of bytes and
// of time, and the loop never waits for it.
#pragma once

#include "base/util.h"

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct worker;

// Told once, from the loop: what it printed (`length` bytes and a NUL; borrowed), or NULL and why
// there is nothing to be taken from it ("it ended with 4", "it took longer than 30 s").
typedef void (*worker_done)(void *context, const char *output, size_t length, const char *why);

struct worker_request {
    sd_event *event;
    const char *program;    // its path
    char *const *arguments; // from its name on, ended by NULL; borrowed for the call
    size_t output_max;      // bytes
    uint64_t patience_us;   // then it is killed
    worker_done done;       // may free the worker
    void *context;
};

must_check int worker_start(const struct worker_request *request, struct worker **ret);
// Also while it runs: it is killed then, and nobody is told. Takes NULL.
void worker_free(struct worker *worker);
DEFINE_CLEANUP(struct worker, worker_free)

// Leaves a killed process to the loop: in an uninterruptible wait it ends when the device answers.
// Takes `process`, a pidfd.
void worker_reap_later(sd_event *event, int process);
