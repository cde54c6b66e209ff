// SPDX-License-Identifier: GPL-3.0-or-later
// What only persons can say: is each clause that is attested said to be so, today? And the
// registers that they keep. Clauses 1 to 4, 5 (2), 5 (5), 5 (7), 5 (11), 5 (12), 6 to 9, 11.
#pragma once

#include "report/check.h"

extern const struct check attest_checks[];
extern const size_t attest_n_checks;
