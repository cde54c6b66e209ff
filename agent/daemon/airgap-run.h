// SPDX-License-Identifier: GPL-3.0-or-later
// The program `airgap`, run with one verb, one at a time: libnftables and other namespaces are no
// business of the loop's.
#pragma once

#include "daemon/options.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

enum { AIRGAP_SAME = 0, AIRGAP_MENDED = 1, AIRGAP_FOLLOWED = 3 }; // its exit status, airgap(8)

struct airgap_run_options {
    sd_event *event;
    const struct places *places;
    const char *verb;
    // It has ended: its exit status, or −SIGNAL; what it has said on standard output, "" if that
    // can't be read.
    void (*ended)(void *context, int status, const char *said);
    void *context;
};

struct airgap_run;

must_check int airgap_run_new(const struct airgap_run_options *options, struct airgap_run **ret);
void airgap_run_free(struct airgap_run *run);
DEFINE_CLEANUP(struct airgap_run, airgap_run_free)

// 0: it runs, or one that ran before this will be followed by another. −errno: it can't.
must_check int airgap_run_start(struct airgap_run *run);
bool airgap_run_is_going(const struct airgap_run *run);
