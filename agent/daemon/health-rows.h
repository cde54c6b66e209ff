// SPDX-License-Identifier: GPL-3.0-or-later
// A changed finding as a row.
#pragma once

#include "fact/fact.h"
#include "fact/finding_row.h"
#include "report/check.h"

// Its kind follows from the check's name and the finding: antivirus.failed, storage.unencrypted, …,
// finding.changed for what has no kind of its own. `before`: NULL: there was none. NULL on lack of
// memory.
struct fact *health_row(const struct check *check, const struct check_result *result,
                        const char *before);
