// SPDX-License-Identifier: GPL-3.0-or-later
// Follows incidents from row to row, as the register does, and counts at the month's end.
#include "report/incident-month.h"

#include "base/text.h"
#include "fact/cause.h"
#include "report/stated.h"

#include <errno.h>
#include <string.h>

#define CLAUSE "6 (2)"

void incident_month_clear(struct incident_month *month)
{
    for (size_t i = 0; i < month->n; i++)
        incident_free(month->items[i]);
    free(month->items);
    record_free(month->attestation);
    *month = (struct incident_month){0};
}

static struct incident **find(struct incident_month *month, uint64_t number)
{
    for (size_t i = month->n; i-- > 0;)
        if (month->items[i]->number == number)
            return &month->items[i];
    return NULL;
}

// Takes `incident`.
static int put(struct incident_month *month, struct incident *incident)
{
    struct incident **old = find(month, incident->number);
    if (old) {
        incident_free(*old);
        *old = incident;
        return 0;
    }
    bool full = month->n >= INCIDENT_MONTH_MAX;
    struct incident **more = full ? NULL : reallocarray(month->items, month->n + 1, sizeof(void *));
    if (!more) {
        month->unlisted += full;
        incident_free(incident);
        return full ? 0 : -ENOMEM;
    }
    month->items = more;
    month->items[month->n++] = incident;
    return 0;
}

// ---- Rows --------------------------------------------------------------------------------------

// What can't be read is no incident: verification tells of it.
static int take_object(struct incident_month *month, json_object *object, uint64_t number)
{
    struct incident *incident = NULL;
    int r = object ? incident_from_object(object, &incident) : -ENOENT;
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    if (number != 0)
        incident->number = number;
    return put(month, incident);
}

static int take_attestation(struct incident_month *month, json_object *object, uint64_t number)
{
    CLEANUP(record_free_p) struct record *record = NULL;
    if (!text_equal(json_get_text(object, "clause"), CLAUSE))
        return 0;
    int r = record_from_object(object, &record);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    if (number != 0)
        record->number = number;
    else if (month->attestation && month->attestation->number > record->number)
        return 0; // the end of an older one
    record_free(month->attestation);
    month->attestation = TAKE_PTR(record);
    return 0;
}

static int take_statement(struct incident_month *month, json_object *details)
{
    json_object *entries;
    int r = 0;
    size_t n = stated_entries(details, "attestations", &entries);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = take_attestation(month, json_object_array_get_idx(entries, i), 0);
    n = stated_entries(details, "incidents", &entries);
    for (size_t i = 0; r == 0 && i < n; i++) {
        json_object *object = json_object_array_get_idx(entries, i);
        if (!find(month, json_get_number(object, "number")))
            r = take_object(month, object, 0);
    }
    return r;
}

static int count_violation(struct incident_month *month, const struct query_row *row)
{
    CLEANUP_FREE char *cause = cause_of(&row->fact);
    month->violations++;
    if (!cause)
        return -ENOMEM;
    for (size_t i = month->n; i-- > 0;) {
        struct incident *incident = month->items[i];
        if (incident->kind != row->fact.kind || incident->uid != row->fact.uid ||
            incident_is_over(incident) || row->sequence <= incident->last)
            continue;
        CLEANUP_FREE char *own = incident_cause(incident);
        if (!text_equal(own, cause))
            continue;
        incident->last = row->sequence;
        incident->last_ns = row->fact.at.wall_ns;
        incident->count++;
        return 0;
    }
    return 0; // its incident is opened by a row behind it, which counts it
}

int incident_month_take(struct incident_month *month, const struct query_row *row,
                        json_object *details, uint64_t begin_ns)
{
    const struct fact *fact = &row->fact;
    switch ((int)fact->kind) {
    case FACT_REGISTER_STATED:
        return take_statement(month, details);
    case FACT_ATTESTATION_MADE:
        return take_attestation(month, details, row->sequence);
    case FACT_ATTESTATION_ENDED:
        return take_attestation(month, details, 0);
    case FACT_INCIDENT_OPENED:
        return take_object(month, details, row->sequence);
    case FACT_INCIDENT_ACKNOWLEDGED:
    case FACT_INCIDENT_NOTED:
    case FACT_INCIDENT_REPORTED:
    case FACT_INCIDENT_OVERDUE:
    case FACT_INCIDENT_CLOSED:
        return take_object(month, details, 0);
    default:
        return fact->kind < FACT_KIND_MAX && fact->severity == SEVERITY_VIOLATION &&
                       fact->at.wall_ns >= begin_ns
                   ? count_violation(month, row)
                   : 0;
    }
}

// ---- At the end --------------------------------------------------------------------------------

static bool is_late(const struct incident_report *report, uint64_t closed_ns, uint64_t end_ns)
{
    uint64_t done_ns = report->made.at_ns ? report->made.at_ns : closed_ns ? closed_ns : end_ns;
    return report->due_ns != 0 && done_ns >= report->due_ns;
}

static void count(struct incident_month *month, const struct incident *incident, uint64_t begin_ns,
                  uint64_t end_ns)
{
    enum incident_state state = incident_state_of(incident);
    month->opened += incident->opened.at_ns >= begin_ns;
    month->closed += state == INCIDENT_CLOSED;
    month->open += state != INCIDENT_CLOSED;
    month->unanswered += state == INCIDENT_OPEN;
    for (size_t i = 0; i < INCIDENT_STAGE_MAX; i++)
        month->late += is_late(&incident->reports[i], incident->closed.at_ns, end_ns);
}

void incident_month_end(struct incident_month *month, uint64_t begin_ns, uint64_t end_ns)
{
    size_t kept = 0;
    month->unkept = month->violations > 0 && month->n == 0;
    month->attested =
        month->attestation && record_state_at(month->attestation, end_ns) == RECORD_OPEN;
    for (size_t i = 0; i < month->n; i++) {
        struct incident *incident = month->items[i];
        if (incident_is_over(incident) && incident->closed.at_ns < begin_ns) {
            incident_free(incident);
            continue;
        }
        count(month, incident, begin_ns, end_ns);
        month->items[kept++] = incident;
    }
    month->n = kept;
}
