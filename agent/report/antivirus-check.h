// SPDX-License-Identifier: GPL-3.0-or-later
// Does the antivirus truly work? Clause 5 (9).
#pragma once

#include "report/check.h"

extern const struct check antivirus_checks[];
extern const size_t antivirus_n_checks;
