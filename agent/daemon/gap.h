// SPDX-License-Identifier: GPL-3.0-or-later
// Downtime is a fact: from when until when nothing was watched, set against when the PC was powered
// on.
#pragma once

#include "daemon/recorder.h"

// Records agent.gap for the time between the newest row and now: the end of the boot it was written
// in (as the systemd journal knows it), boots in between, and this boot's beginning. `shut`: the
// kernel kept the gate shut from power-on, so that nothing can have passed unseen in this boot
// (details.covered).
void gap_record(struct recorder *recorder, const struct ledger_head *last, bool shut);
