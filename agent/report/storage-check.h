// SPDX-License-Identifier: GPL-3.0-or-later
// Is the protected data truly encrypted where it lies, and who may read it? Clause 5 (6).
#pragma once

#include "report/check.h"

extern const struct check storage_checks[];
extern const size_t storage_n_checks;
