// SPDX-License-Identifier: GPL-3.0-or-later
// Before this workstation goes, its ledger has to be somewhere else. Clause 5 (11).
#pragma once

#include "policy/record.h"

// 0: another machine, or every month that is over has been exported, or somebody says where the
// ledger is. −EPERM and a sentence otherwise. `state`: the agent's folder.
must_check int disposal_check(const struct record *record, const char *state, char **ret_why);
