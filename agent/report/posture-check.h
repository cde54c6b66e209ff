// SPDX-License-Identifier: GPL-3.0-or-later
// Is the machine set up as the standard wants it? Clauses 5 (8), 5 (6), 9.
#pragma once

#include "report/check.h"

extern const struct check posture_checks[];
extern const size_t posture_n_checks;
