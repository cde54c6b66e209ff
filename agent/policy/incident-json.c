// SPDX-License-Identifier: GPL-3.0-or-later
// Incidents as JSON: written one way, and read by writing again.
#include "policy/incident.h"

#include "base/json.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define AT(field) offsetof(struct incident, field)

static const struct {
    const char *key;
    size_t offset;
} numbers[] =
    {
        {"number", AT(number)},
        {"first", AT(first)},
        {"last", AT(last)},
        {"first_ns", AT(first_ns)},
        {"last_ns", AT(last_ns)},
        {"count", AT(count)},
        {"known_ns", AT(known_ns)},
        {"notes_gone", AT(notes_gone)},
        {"acknowledged_row", AT(acknowledged_row)},
},
  texts[] =
      {
          {"user", AT(user)},       {"what", AT(what)},     {"found", AT(found)},
          {"measure", AT(measure)}, {"waived", AT(waived)},
},
  acts[] = {
      {"opened", AT(opened)},
      {"acknowledged", AT(acknowledged)},
      {"closed", AT(closed)},
};

static void *field_of(const struct incident *incident, size_t offset)
{
    return (char *)incident + offset;
}

static uint64_t *number_at(const struct incident *incident, size_t i)
{
    return field_of(incident, numbers[i].offset);
}

static char **text_at(const struct incident *incident, size_t i)
{
    return field_of(incident, texts[i].offset);
}

static struct incident_act *act_at(const struct incident *incident, size_t i)
{
    return field_of(incident, acts[i].offset);
}

// ---- Is it sound? ------------------------------------------------------------------------------

static bool may_be_text(const char *text)
{
    return !text || incident_is_text(text);
}

static bool is_act_sound(const struct incident_act *act)
{
    return act->at_ns <= INT64_MAX && may_be_text(act->by) &&
           (act->at_ns != 0 || (!act->by && act->uid == 0));
}

static bool are_reports_sound(const struct incident *incident)
{
    bool sound = true;
    for (size_t i = 0; i < INCIDENT_STAGE_MAX; i++) {
        const struct incident_report *report = &incident->reports[i];
        sound &= report->due_ns <= INT64_MAX && report->overdue <= 2 &&
                 is_act_sound(&report->made) && may_be_text(report->reference) &&
                 (report->made.at_ns != 0 || !report->reference);
    }
    return sound;
}

static bool is_sound(const struct incident *incident)
{
    bool sound = incident->breach < INCIDENT_BREACH_MAX && incident->kind < FACT_KIND_MAX &&
                 incident->severity < SEVERITY_MAX && incident->object &&
                 (!incident->object[0] || incident_is_text(incident->object)) &&
                 incident->opened.at_ns != 0 && are_reports_sound(incident) &&
                 incident->first <= incident->last;
    for (size_t i = 0; i < ELEMENTS(numbers); i++)
        sound = sound && *number_at(incident, i) <= INT64_MAX;
    for (size_t i = 0; i < ELEMENTS(texts); i++)
        sound = sound && may_be_text(*text_at(incident, i));
    for (size_t i = 0; i < ELEMENTS(acts); i++)
        sound = sound && is_act_sound(act_at(incident, i));
    for (size_t i = 0; i < incident->n_notes; i++)
        sound = sound && incident->notes[i].act.at_ns != 0 &&
                is_act_sound(&incident->notes[i].act) && incident_is_text(incident->notes[i].text);
    return sound && (incident_is_over(incident)
                         ? incident->found && incident->measure
                         : !incident->found && !incident->measure && !incident->waived);
}

// ---- Writing -----------------------------------------------------------------------------------

static void write_act(const struct incident_act *act, json_object *object)
{
    json_add_number(object, "at_ns", act->at_ns);
    json_add_number(object, "uid", act->uid);
    json_add_text(object, "by", act->by);
}

static void write_cause(const struct incident *incident, json_object *object)
{
    json_object *cause = json_section(object, "cause");
    json_add_text(cause, "kind", fact_kind_to_str(incident->kind));
    json_add_number(cause, "uid", incident->uid);
    json_add_text(cause, "object", incident->object);
    json_add_text(cause, "severity", severity_to_str(incident->severity));
}

static void write_reports(const struct incident *incident, json_object *object)
{
    for (unsigned i = 0; i < INCIDENT_STAGE_MAX; i++) {
        const struct incident_report *report = &incident->reports[i];
        json_object *section =
            json_section(json_section(object, "reports"), incident_stage_to_str(i));
        json_add_number(section, "due_ns", report->due_ns);
        json_add_number(section, "overdue", report->overdue);
        if (report->made.at_ns != 0)
            write_act(&report->made, section);
        json_add_text(section, "reference", report->reference);
    }
}

static void write_notes(const struct incident *incident, size_t from, json_object *object)
{
    json_object *list = json_object_new_array();
    json_add(object, "notes", list);
    for (size_t i = from; i < incident->n_notes; i++) {
        json_object *note = json_object_new_object();
        write_act(&incident->notes[i].act, note);
        json_add_text(note, "text", incident->notes[i].text);
        json_object_array_add(list, note);
    }
}

// Without its first `from` notes.
static json_object *write_incident(const struct incident *incident, size_t from)
{
    json_object *object = json_object_new_object();
    json_add_text(object, "breach", incident_breach_to_str(incident->breach));
    json_add_bool(object, "on_purpose", incident->on_purpose);
    write_cause(incident, object);
    for (size_t i = 0; i < ELEMENTS(numbers); i++)
        json_add_number(object, numbers[i].key,
                        *number_at(incident, i) + (numbers[i].offset == AT(notes_gone) ? from : 0));
    for (size_t i = 0; i < ELEMENTS(texts); i++)
        json_add_text(object, texts[i].key, *text_at(incident, i));
    for (size_t i = 0; i < ELEMENTS(acts); i++)
        if (act_at(incident, i)->at_ns != 0)
            write_act(act_at(incident, i), json_section(object, acts[i].key));
    write_reports(incident, object);
    write_notes(incident, from, object);
    return object;
}

// The number that it gets from its row may have more digits.
static bool is_short_enough(const struct incident *incident, const char *line)
{
    int digits = snprintf(NULL, 0, "%llu", (unsigned long long)incident->number);
    return strlen(line) + 20 - (size_t)digits <= INCIDENT_JSON_MAX;
}

int incident_to_object(const struct incident *incident, json_object **ret)
{
    if (!is_sound(incident))
        return -EINVAL;
    for (size_t from = 0; from <= incident->n_notes; from++) {
        CLEANUP_JSON json_object *object = write_incident(incident, from);
        const char *line = json_to_line(object);
        if (!line)
            return -ENOMEM;
        if (is_short_enough(incident, line)) {
            *ret = TAKE_PTR(object);
            return 0;
        }
    }
    return -EINVAL;
}

int incident_to_json(const struct incident *incident, char **ret)
{
    CLEANUP_JSON json_object *object = NULL;
    int r = incident_to_object(incident, &object);
    return r < 0 ? r : json_to_text(object, ret);
}

// ---- Reading -----------------------------------------------------------------------------------
// What is missing, there twice, beside it or of another type shows when it is written again.

static int read_act(json_object *object, struct incident_act *act)
{
    act->at_ns = json_get_number(object, "at_ns");
    act->uid = (uint32_t)json_get_number(object, "uid");
    return text_set(&act->by, json_get_text(object, "by"));
}

static int read_cause(json_object *object, struct incident *incident)
{
    json_object *cause = json_get(object, "cause");
    const char *text = json_get_text(cause, "object"), *kind = json_get_text(cause, "kind"),
               *severity = json_get_text(cause, "severity");
    if (!kind || fact_kind_from_str(kind, &incident->kind) < 0 || !severity ||
        severity_from_str(severity, &incident->severity) < 0 ||
        incident_breach_from_str(json_get_text(object, "breach"), &incident->breach) < 0)
        return -EBADMSG;
    incident->on_purpose = json_get_bool(object, "on_purpose");
    incident->uid = (uint32_t)json_get_number(cause, "uid");
    return text_set(&incident->object, text ? text : "");
}

static int read_reports(json_object *object, struct incident *incident)
{
    int r = 0;
    for (unsigned i = 0; r == 0 && i < INCIDENT_STAGE_MAX; i++) {
        struct incident_report *report = &incident->reports[i];
        json_object *section = json_get(json_get(object, "reports"), incident_stage_to_str(i));
        report->due_ns = json_get_number(section, "due_ns");
        report->overdue = json_get_number(section, "overdue");
        r = read_act(section, &report->made);
        if (r == 0)
            r = text_set(&report->reference, json_get_text(section, "reference"));
    }
    return r;
}

static int read_notes(json_object *object, struct incident *incident)
{
    json_object *list = json_get(object, "notes");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    int r = 0;
    if (n > INCIDENT_NOTES_MAX)
        return -EBADMSG;
    for (size_t i = 0; r == 0 && i < n; i++) {
        json_object *note = json_object_array_get_idx(list, i);
        incident->n_notes = i + 1;
        r = read_act(note, &incident->notes[i].act);
        if (r == 0)
            r = text_set(&incident->notes[i].text, json_get_text(note, "text"));
    }
    return r;
}

static int read_incident(json_object *object, struct incident *incident)
{
    int r = read_cause(object, incident);
    for (size_t i = 0; i < ELEMENTS(numbers); i++)
        *number_at(incident, i) = json_get_number(object, numbers[i].key);
    for (size_t i = 0; r == 0 && i < ELEMENTS(texts); i++)
        r = text_set(text_at(incident, i), json_get_text(object, texts[i].key));
    for (size_t i = 0; r == 0 && i < ELEMENTS(acts); i++)
        r = read_act(json_get(object, acts[i].key), act_at(incident, i));
    if (r == 0)
        r = read_reports(object, incident);
    return r < 0 ? r : read_notes(object, incident);
}

int incident_from_object(json_object *object, struct incident **ret)
{
    CLEANUP(incident_free_p) struct incident *incident = calloc(1, sizeof *incident);
    CLEANUP_JSON json_object *again = NULL;
    if (!incident)
        return -ENOMEM;
    if (!json_get(object, "breach"))
        return -ENOENT;
    int r = read_incident(object, incident);
    if (r == 0)
        r = incident_to_object(incident, &again);
    if (r < 0)
        return r == -EINVAL ? -EBADMSG : r;
    if (!json_is_same(again, object))
        return -EBADMSG;
    *ret = TAKE_PTR(incident);
    return 0;
}

int incident_from_json(const char *json, struct incident **ret)
{
    CLEANUP_JSON json_object *object = json_parse_exact(json, INCIDENT_JSON_MAX);
    return object ? incident_from_object(object, ret) : -EBADMSG;
}
