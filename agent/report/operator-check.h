// SPDX-License-Identifier: GPL-3.0-or-later
// The checks of who works here: the register of operators set against the accounts of the machine
// and the training that is asked for. Clauses 3 (2), 3 (3), 5 (3).
#pragma once

#include "report/check.h"

extern const struct check operator_checks[];
extern const size_t operator_n_checks;
