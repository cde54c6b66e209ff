// SPDX-License-Identifier: GPL-3.0-or-later
// The gate in force: compiled from policy, register and mode, kept in memory and as the file that
// usb-verdict reads.
#pragma once

#include "daemon/options.h"
#include "daemon/policy-store.h"
#include "ledger/ledger.h"
#include "ledger/registers.h"
#include "policy/gate.h"

struct gate_keeper;

// Starts from the file of the last run, so that a broken policy keeps its compiled form; without
// one, from the fallback.
must_check int gate_keeper_new(const struct places *places, enum gate_mode mode,
                               struct gate_keeper **ret);
void gate_keeper_free(struct gate_keeper *keeper);
DEFINE_CLEANUP(struct gate_keeper, gate_keeper_free)

struct gate_sources {
    const struct policy *policy; // NULL: none was good, keep the compiled one
    const struct registers *registers;
    enum gate_mode mode;
    uint64_t clock_floor_ns;
};

// When it can't be compiled, gate and file stay as they were. When only the file can't be written,
// the new gate is in force here, and the file is taken away: usb-verdict then grants hubs and
// keyboards only.
must_check int gate_keeper_rebuild(struct gate_keeper *keeper, const struct gate_sources *sources);

// Valid until the next rebuild.
const struct gate *gate_keeper_get(const struct gate_keeper *keeper);
