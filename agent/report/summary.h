// SPDX-License-Identifier: GPL-3.0-or-later
// The month's report as one JSON document: what the template is filled from, and what
// `sekisho report --json` prints. Holds codes, numbers and dates; the words stand in the template.
#pragma once

#include "base/json.h"
#include "policy/policy.h"
#include "report/items.h"

struct summary_sources {
    const struct month *month;
    const struct verify_result *verified;
    const struct usage *usage;   // NULL: it is not known what people did
    const struct policy *policy; // that of the month; NULL if none is known
    uint64_t created_ns;
    const char *language; // "ja" or "en"
};

// NULL on lack of memory. The caller puts it.
json_object *summary_make(const struct summary_sources *sources);
