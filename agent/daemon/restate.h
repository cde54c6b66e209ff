// SPDX-License-Identifier: GPL-3.0-or-later
// Each month's file begins with the registers as they stand, so that it explains itself and older
// ones can be pruned.
#pragma once

#include "daemon/recorder.h"
#include "ledger/registers.h"

void restate_registers(struct recorder *recorder, const struct registers *registers);
