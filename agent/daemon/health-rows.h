// SPDX-License-Identifier: GPL-3.0-or-later
// A changed finding as a row.
#pragma once

#include "fact/fact.h"
#include "fact/finding_row.h"
#include "report/check.h"

struct health_finding {
    const struct check *check;
    const struct check_result *result;
    const char *before;  // the finding until then; NULL: there was none
    const char *because; // the check that explains it; NULL: it stands for itself
};

// Its kind follows from the check's name and the finding: antivirus.failed, storage.unencrypted, …,
// finding.changed for what has no kind of its own, for what another check explains, and for what
// was never known to be well and can't be verified. NULL on lack of memory.
struct fact *health_row(const struct health_finding *finding);
