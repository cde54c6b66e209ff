// SPDX-License-Identifier: GPL-3.0-or-later
// The draft of a report to the city as a document for a template: what is known of an incident, its
// rows, and the place of the ledger's chain that they stand before. Clause 6 (3).
#pragma once

#include "base/json.h"
#include "policy/policy.h"

struct incident_draft_sources {
    json_object *incident;       // as the agent tells it (GetIncident)
    json_object *rows;           // an array of {"sequence", "time_ns", "kind", "user", "text"}
    uint64_t left_out;           // rows between them
    json_object *seal;           // as the agent answers Seal
    const struct policy *policy; // NULL: there is none that can be read
    const char *host, *stage;    // stage: "first", "final"
    uint64_t created_ns;
};

// Every name that a template may use is there; what is not known is empty or null. The caller puts
// it; NULL on lack of memory.
json_object *incident_draft_make(const struct incident_draft_sources *sources);
