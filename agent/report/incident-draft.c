// SPDX-License-Identifier: GPL-3.0-or-later
// An incident, laid out for a form.
#include "report/incident-draft.h"

#include "base/moment.h"
#include "base/text.h"
#include "policy/incident.h"
#include "report/summary-parts.h"

#include <string.h>

static void put_text(json_object *object, const char *key, const char *text)
{
    CLEANUP_FREE char *printable = text_printable(text ? text : "");
    json_add_text(object, key, printable ? printable : "");
}

static void put_act(json_object *object, const char *key, json_object *act)
{
    json_object *section = json_section(object, key);
    summary_add_time(section, "time", json_get_number(act, "at_ns"));
    put_text(section, "by", json_get_text(act, "by"));
    put_text(section, "reference", json_get_text(act, "reference"));
}

static bool is_in_office(const struct officer *officer, uint64_t now_ns)
{
    return officer->from_ns <= now_ns && (officer->until_ns == 0 || now_ns < officer->until_ns);
}

static void put_site(json_object *document, const struct incident_draft_sources *sources)
{
    const struct policy *policy = sources->policy;
    json_object *site = json_section(document, "site"), *officers = json_object_new_array();
    put_text(site, "name", policy ? policy->site_name : NULL);
    put_text(site, "area", policy ? policy->site_area : NULL);
    put_text(site, "host", sources->host);
    json_add(site, "officers", officers);
    for (size_t i = 0; policy && i < policy->n_officers; i++) {
        const struct officer *officer = policy->officers[i];
        if (!is_in_office(officer, sources->created_ns))
            continue;
        json_object *entry = json_object_new_object();
        put_text(entry, "role", officer->role);
        put_text(entry, "name", officer->name);
        put_text(entry, "phone", officer->phone);
        summary_append(officers, entry);
    }
}

static void put_notes(json_object *document, json_object *notes)
{
    json_object *list = json_object_new_array();
    json_add(document, "notes", list);
    for (size_t i = 0; notes && i < json_object_array_length(notes); i++) {
        json_object *note = json_object_array_get_idx(notes, i), *entry = json_object_new_object();
        summary_add_time(entry, "time", json_get_number(note, "at_ns"));
        put_text(entry, "by", json_get_text(note, "by"));
        put_text(entry, "text", json_get_text(note, "text"));
        summary_append(list, entry);
    }
}

static void put_rows(json_object *document, const struct incident_draft_sources *sources)
{
    json_object *list = json_object_new_array();
    json_add(document, "rows", list);
    json_add_number(document, "left_out", sources->left_out);
    for (size_t i = 0; sources->rows && i < json_object_array_length(sources->rows); i++) {
        json_object *row = json_object_array_get_idx(sources->rows, i),
                    *entry = json_object_new_object();
        json_add_number(entry, "sequence", json_get_number(row, "sequence"));
        summary_add_time(entry, "time", json_get_number(row, "time_ns"));
        put_text(entry, "kind", json_get_text(row, "kind"));
        put_text(entry, "user", json_get_text(row, "user"));
        put_text(entry, "text", json_get_text(row, "text"));
        summary_append(list, entry);
    }
}

static void put_seal(json_object *document, json_object *answer)
{
    json_object *seal = json_section(document, "seal");
    json_add_number(seal, "sequence", json_get_number(answer, "sequence"));
    json_add_number(seal, "epoch", json_get_number(answer, "epoch"));
    put_text(seal, "month", json_get_text(answer, "month"));
    put_text(seal, "hash", json_get_text(answer, "hash"));
    put_text(seal, "head_code", json_get_text(answer, "head_code"));
}

static void put_matter(json_object *document, json_object *incident)
{
    uint64_t first_ns = json_get_number(incident, "first_ns");
    const bool is_reported = json_get_text(incident, "what") != NULL;
    json_add_number(document, "number", json_get_number(incident, "number"));
    put_text(document, "breach", json_get_text(incident, "breach"));
    put_text(document, "kind", json_get_text(json_get(incident, "cause"), "kind"));
    put_text(document, "name", json_get_text(incident, "name"));
    put_text(document, "person", json_get_text(incident, "user"));
    json_add_bool(document, "reported", is_reported);
    json_add_bool(document, "on_purpose", json_get_bool(incident, "on_purpose"));
    json_add_number(document, "count", json_get_number(incident, "count"));
    summary_add_time(document, "happened", first_ns);
    summary_add_time(document, "last", json_get_number(incident, "last_ns"));
    summary_add_time(document, "known", json_get_number(incident, "known_ns"));
    put_text(document, "found", json_get_text(incident, "found"));
    put_text(document, "measure", json_get_text(incident, "measure"));
}

json_object *incident_draft_make(const struct incident_draft_sources *sources)
{
    json_object *document = json_object_new_object(), *incident = sources->incident;
    json_object *reports = json_get(incident, "reports");
    if (!document)
        return NULL;
    put_text(document, "stage", sources->stage);
    put_text(document, "version", SEKISHO_VERSION);
    summary_add_time(document, "created", sources->created_ns);
    uint64_t due_ns = json_get_number(json_get(reports, sources->stage), "due_ns");
    summary_add_time(document, "due", due_ns > 0 ? due_ns - 1 : 0);
    put_site(document, sources);
    put_matter(document, incident);
    put_act(document, "opened", json_get(incident, "opened"));
    put_act(document, "acknowledged", json_get(incident, "acknowledged"));
    put_act(document, "first_report", json_get(reports, "first"));
    put_act(document, "closed", json_get(incident, "closed"));
    put_notes(document, json_get(incident, "notes"));
    put_rows(document, sources);
    put_seal(document, sources->seal);
    return document;
}
