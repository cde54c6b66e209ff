// SPDX-License-Identifier: GPL-3.0-or-later
// Annex F: what was erased and disposed of; annex G: what was taken out and came back.
#include "report/summary-parts.h"

#define SHOWN 12 // of each list, the newest; the rest stands in the CSV

static void put_field(json_object *object, const struct record *record, const char *name)
{
    summary_add_text(object, name, record_get(record, name));
}

static struct summary_list begin(json_object *section, size_t n, uint64_t unlisted)
{
    json_add_number(section, "count", n);
    json_add_number(section, "unlisted", unlisted);
    return summary_list_begin(section, "list", n, SHOWN, SUMMARY_NEWEST);
}

// ---- Annex F -----------------------------------------------------------------------------------

static json_object *make_erasure(const struct month_erasure *erasure)
{
    json_object *object = json_object_new_object();
    json_object *levels = json_object_new_array();
    json_add_number(object, "number", erasure->number);
    summary_add_text(object, "name", erasure->name);
    summary_add_text(object, "reason", erasure->reason);
    summary_add_text(object, "by", erasure->by);
    summary_add_time(object, "begun", erasure->begun_ns);
    summary_add_time(object, "ended", erasure->ended_ns);
    json_add_number(object, "failed", erasure->failed);
    json_add_number(object, "open", month_erasure_open(erasure));
    json_add(object, "levels", levels);
    for (enum erase_level level = 0; level < ERASE_LEVEL_MAX; level++) {
        if (erasure->levels[level] == 0)
            continue;
        json_object *entry = json_object_new_object();
        json_add_text(entry, "level", erase_level_to_str(level));
        json_add_number(entry, "files", erasure->levels[level]);
        summary_append(levels, entry);
    }
    return object;
}

static void add_erasures(json_object *document, const struct erasure_month *month)
{
    json_object *section = json_section(document, "erasures");
    const struct summary_list list = begin(section, month->n, month->unlisted);
    for (size_t i = 0; i < month->n; i++)
        summary_list_add(&list, make_erasure(month->items[i]));
    json_add_number(section, "files", month->files);
    json_add_number(section, "failed", month->failed);
    json_add_number(section, "unfinished", month->unfinished);
    json_add_number(section, "deletions", month->deletions);
}

static json_object *make_disposal(const struct record *record)
{
    static const char *const fields[] = {"item", "identifier", "machine", "method",
                                         "by",   "place",      "date",    "exported"};
    json_object *object = json_object_new_object();
    json_add_number(object, "number", record->number);
    for (size_t i = 0; i < ELEMENTS(fields); i++)
        put_field(object, record, fields[i]);
    summary_add_text(object, "entered_by", record->by);
    summary_add_text(object, "document", record->document.name);
    summary_add_text(object, "document_sha256",
                     record->document.name ? record->document.hash : NULL);
    return object;
}

static void add_disposals(json_object *document, const struct record_month *month)
{
    json_object *section = json_section(document, "disposals");
    const struct summary_list list = begin(section, month->n, month->unlisted);
    for (size_t i = 0; i < month->n; i++)
        summary_list_add(&list, make_disposal(month->items[i]));
}

// ---- Annex G -----------------------------------------------------------------------------------

static json_object *make_takeout(const struct month *month, const struct record *record)
{
    static const char *const fields[] = {"medium",      "contents", "copies",
                                         "destination", "carrier",  "permit",
                                         "encryption",  "request",  "returned"};
    const struct takeout_approval *approval = takeout_month_approval(&month->takeouts, record);
    json_object *object = json_object_new_object();
    json_add_number(object, "number", record->number);
    for (size_t i = 0; i < ELEMENTS(fields); i++)
        put_field(object, record, fields[i]);
    summary_add_text(object, "by", record->by);
    summary_add_text(object, "approver", approval ? approval->approver : NULL);
    json_add_bool(object, "self_approval", approval && approval->self);
    summary_add_text(object, "state",
                     record_state_to_str(record_state_at(record, month->until_ns)));
    summary_add_time(object, "taken", record->made_ns);
    // People name the last day, not the instant behind it.
    summary_add_time(object, "due", record->until_ns ? record->until_ns - 1 : 0);
    return object;
}

static void add_takeouts(json_object *document, const struct month *month)
{
    const struct takeout_month *takeouts = &month->takeouts;
    json_object *section = json_section(document, "takeouts");
    const struct summary_list list =
        begin(section, takeouts->records.n, takeouts->records.unlisted);
    for (size_t i = 0; i < takeouts->records.n; i++)
        summary_list_add(&list, make_takeout(month, takeouts->records.items[i]));
    json_add_number(section, "taken", takeouts->taken);
    json_add_number(section, "returned", takeouts->returned);
    json_add_number(section, "open", takeouts->open);
    json_add_number(section, "overdue", takeouts->overdue);
    json_add_number(section, "plain", takeouts->plain);
}

void summary_add_removals(json_object *document, const struct month *month)
{
    add_erasures(document, &month->erasures);
    add_disposals(document, &month->records[RECORD_DISPOSALS]);
    add_takeouts(document, month);
}
