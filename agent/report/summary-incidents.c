// SPDX-License-Identifier: GPL-3.0-or-later
// Annex H: the month's incidents, who answered, and what was done.
#include "report/summary-parts.h"

#define SHOWN 12 // the newest; the rest stands in the CSV

static void put_act(json_object *object, const char *key, const struct incident_act *act)
{
    json_object *section = json_section(object, key);
    summary_add_time(section, "time", act->at_ns);
    summary_add_text(section, "by", act->by);
}

static json_object *make_incident(const struct incident *incident)
{
    json_object *object = json_object_new_object();
    json_add_number(object, "number", incident->number);
    summary_add_text(object, "breach", incident_breach_to_str(incident->breach));
    summary_add_text(object, "state", incident_state_to_str(incident_state_of(incident)));
    summary_add_text(object, "kind", fact_kind_to_str(incident->kind));
    summary_add_text(object, "name", incident_name(incident));
    summary_add_text(object, "user", incident->user);
    json_add_number(object, "count", incident->count);
    summary_add_time(object, "known", incident->known_ns);
    put_act(object, "acknowledged", &incident->acknowledged);
    put_act(object, "first_report", &incident->reports[INCIDENT_FIRST].made);
    put_act(object, "final_report", &incident->reports[INCIDENT_FINAL].made);
    put_act(object, "closed", &incident->closed);
    summary_add_text(object, "found", incident->found);
    summary_add_text(object, "measure", incident->measure);
    return object;
}

void summary_add_incidents(json_object *document, const struct month *month)
{
    const struct incident_month *incidents = &month->incidents;
    json_object *section = json_section(document, "incidents");
    const struct summary_list list =
        summary_list_begin(section, "incidents", incidents->n, SHOWN, SUMMARY_NEWEST);
    for (size_t i = 0; i < incidents->n; i++)
        summary_list_add(&list, make_incident(incidents->items[i]));
    json_add_number(section, "opened", incidents->opened);
    json_add_number(section, "closed", incidents->closed);
    json_add_number(section, "open", incidents->open);
    json_add_number(section, "unanswered", incidents->unanswered);
    json_add_number(section, "late", incidents->late);
    json_add_number(section, "violations", incidents->violations);
    json_add_number(section, "unlisted", incidents->unlisted);
}
