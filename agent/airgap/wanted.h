// SPDX-License-Identifier: GPL-3.0-or-later
// What is to be in the kernel now: by what the daemon has written below `root`, and for the links
// that are there.
#pragma once

#include "policy/airgap.h"

#define WANTED_RUN "run/sekisho"

struct wanted {
    struct airgap *airgap;
    char **links; // their names, in order; loopback left out
    size_t n_links;
    bool skipped; // a link whose name can't be in a rule
};
void wanted_clear(struct wanted *wanted);

// One that can't be read is taken for enforce where there is anything to enforce.
enum gate_mode wanted_find_mode(int root);
// The compiled air gap in that mode; what can't be read permits nothing but loopback. −ENOMEM.
must_check int wanted_find_airgap(int root, struct airgap **ret);
// The same with the links, and without what has an end if no daemon is there to hold it. *ret is
// zeroed by the caller, who clears it on failure too.
must_check int wanted_find(int root, struct wanted *ret);
