// SPDX-License-Identifier: GPL-3.0-or-later
// Downtime is a fact: from when until when nothing was watched, set against when the PC was powered
// on.
#pragma once

#include "daemon/recorder.h"

// What the kernel held without us in this boot, so that nothing can have passed unseen.
struct gap_cover {
    bool gate;     // shut from power-on (details.covered)
    bool firewall; // loaded before the network (details.firewall)
};

// Records agent.gap for the time between the newest row and now: the end of the boot it was written
// in (as the systemd journal knows it), boots in between, and this boot's beginning.
void gap_record(struct recorder *recorder, const struct ledger_head *last,
                const struct gap_cover *cover);
