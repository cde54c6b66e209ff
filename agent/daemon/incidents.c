// SPDX-License-Identifier: GPL-3.0-or-later
// Counts incidents in the ledger, and goes on counting.
#include "daemon/incidents.h"

#include "base/log.h"
#include "ledger/query.h"

#include <string.h>

void incidents_note(struct incidents *incidents, const struct fact *fact)
{
    if (fact->severity == SEVERITY_VIOLATION || fact->kind == FACT_INCIDENT_OPENED)
        incidents->open++;
    else if (fact->kind == FACT_INCIDENT_CLOSED && incidents->open > 0)
        incidents->open--;
}

static int on_row(void *context, const struct query_row *row)
{
    incidents_note(context, &row->fact);
    return 0;
}

void incidents_count(struct incidents *incidents, const char *ledger_folder)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    const struct query_filter filter = {.severity = SEVERITY_NOTICE};
    size_t n;
    *incidents = (struct incidents){0};
    int r = query_list_months(ledger_folder, &paths, &n);
    if (r == 0)
        r = query_run((const char *const *)paths, n, &filter, on_row, incidents);
    if (r < 0)
        log_warning("cannot count the open incidents: %s; see: sekisho log --severity violation",
                    strerror(-r));
    incidents->known = r == 0;
}
