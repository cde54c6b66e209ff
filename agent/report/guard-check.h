// SPDX-License-Identifier: GPL-3.0-or-later
// Is the gate for devices shut, and is everything recorded? Clauses 4 (5), 5 (3), 5 (4), 5 (6),
// 5 (10), 9.
#pragma once

#include "report/check.h"

extern const struct check guard_checks[];
extern const size_t guard_n_checks;
