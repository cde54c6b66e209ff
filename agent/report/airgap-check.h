// SPDX-License-Identifier: GPL-3.0-or-later
// Is the air gap held now, and was it this month? Clause 5 (1).
#pragma once

#include "report/check.h"

extern const struct check airgap_checks[];
extern const size_t airgap_n_checks;
