// SPDX-License-Identifier: GPL-3.0-or-later
// The incidents of one month, from its rows: those that were open in it. Item 24, annex H.
#pragma once

#include "base/json.h"
#include "ledger/query.h"
#include "policy/incident.h"
#include "policy/record.h"

#include <stdbool.h>

#define INCIDENT_MONTH_MAX (4 * INCIDENTS_MAX) // what is beyond is counted, not listed

struct incident_month {
    struct incident **items; // by number, as the last row of the month says
    size_t n;
    uint64_t unlisted;
    uint64_t violations;        // rows of the month
    uint64_t opened;            // in the month, of those listed
    uint64_t closed;            // the same
    uint64_t open, unanswered;  // at its end
    uint64_t late;              // reports to the city that were not made in time
    bool unkept;                // violations, and an agent that keeps no incidents
    bool attested;              // a person says that there was nothing else: clause 6 (2)
    struct record *attestation; // while rows come in
};
void incident_month_clear(struct incident_month *month);

// Rows in order, those of earlier months too. `begin_ns`: of the month. −ENOMEM.
must_check int incident_month_take(struct incident_month *month, const struct query_row *row,
                                   json_object *details, uint64_t begin_ns);
// `end_ns`: of what was recorded. Leaves out what was closed before the month.
void incident_month_end(struct incident_month *month, uint64_t begin_ns, uint64_t end_ns);
