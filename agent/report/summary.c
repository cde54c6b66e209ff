// SPDX-License-Identifier: GPL-3.0-or-later
// Section by section, in the order of the page.
#include "report/summary.h"

#include "base/text.h"
#include "report/chart.h"
#include "report/summary-items.h"
#include "report/summary-parts.h"
#include "report/verified.h"
#include "report/wareki.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define FORMAT "sekisho-report/1"
#define DEVICES_SHOWN 5 // of each list, so that all fits on a page: the rest stands in the CSV
#define HOLES_SHOWN 2
#define FAULTS_SHOWN 3

// ---- Head --------------------------------------------------------------------------------------

static void add_head(json_object *document, const struct summary_sources *sources)
{
    const struct month *month = sources->month;
    char wareki[WAREKI_SIZE];
    wareki_month(month->begin_ns, wareki);
    json_add_text(document, "format", FORMAT);
    json_add_text(document, "version", SEKISHO_VERSION);
    json_add_text(document, "language", sources->language);
    json_add_text(document, "month", month->name);
    json_add_text(document, "month_wareki", wareki);
    json_add_text(document, "host", month->host ? month->host : "");
    summary_add_time(document, "created", sources->created_ns);

    json_object *period = json_section(document, "period");
    summary_add_time(period, "from", month->from_ns);
    // People name the last day of a period, not the instant behind it.
    summary_add_time(period, "until", month->partial ? month->until_ns : month->end_ns - 1);
    json_add_bool(period, "partial", month->partial);
    json_add_bool(period, "installed", month->installed);
}

static bool is_in_office(const struct officer *officer, const struct month *month)
{
    return officer->from_ns < month->end_ns &&
           (officer->until_ns == 0 || officer->until_ns > month->from_ns);
}

static void add_site(json_object *document, const struct summary_sources *sources)
{
    const struct policy *policy = sources->policy;
    json_object *site = json_section(document, "site");
    json_object *officers = json_object_new_array();
    json_add_text(site, "name", policy && policy->site_name ? policy->site_name : "");
    json_add_text(site, "area", policy && policy->site_area ? policy->site_area : "");
    json_add(site, "officers", officers);
    for (size_t i = 0; policy && i < policy->n_officers; i++) {
        const struct officer *officer = policy->officers[i];
        if (!is_in_office(officer, sources->month))
            continue;
        json_object *entry = json_object_new_object();
        json_add_text(entry, "role", officer->role ? officer->role : "");
        json_add_text(entry, "name", officer->name ? officer->name : "");
        summary_append(officers, entry);
    }
}

// ---- Items -------------------------------------------------------------------------------------

static int add_items(json_object *document, const struct summary_sources *sources)
{
    uint64_t contract_end_ns = sources->policy ? sources->policy->contract_end_ns : 0;
    const struct item_sources from = {
        .of = {.month = sources->month,
               .verified = sources->verified,
               .contract_end_ns = contract_end_ns},
        .usage = sources->usage,
    };
    json_object *retention = json_section(document, "retention");
    summary_add_time(retention, "contract_end", contract_end_ns ? contract_end_ns - 1 : 0);
    summary_add_time(retention, "prune_from", finding_prune_ns(contract_end_ns));
    json_add_text(retention, "oldest", sources->month->oldest);
    return summary_add_items(document, &from, sources->policy);
}

// ---- Devices -----------------------------------------------------------------------------------

static json_object *make_device(const struct month_device *device)
{
    json_object *object = json_object_new_object();
    json_add_text(object, "identity", device->identity);
    json_add_text(object, "description", device->description);
    json_add_text(object, "function", device->function);
    json_add_text(object, "reason", device->reason);
    json_add_text(object, "rule", device->rule);
    json_add_text(object, "approver", device->approver);
    json_add_text(object, "permit", device->permit);
    json_add_bool(object, "read_only", device->read_only);
    json_add_bool(object, "encrypted", device->encrypted);
    json_add_bool(object, "usable", device->usable);
    json_add_number(object, "count", device->count);
    summary_add_time(object, "first", device->first_ns);
    summary_add_time(object, "last", device->last_ns);
    return object;
}

static int by_weight(const void *a, const void *b)
{
    const struct month_device *x = *(struct month_device *const *)a;
    const struct month_device *y = *(struct month_device *const *)b;
    if (x->usable != y->usable)
        return x->usable ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->identity, y->identity);
}

static void add_devices(json_object *document, const char *key, const struct month_devices *devices)
{
    json_object *section = json_section(document, key);
    const struct summary_list list =
        summary_list_begin(section, "devices", devices->n, DEVICES_SHOWN, SUMMARY_FIRST);
    struct month_device **sorted = calloc(devices->n + 1, sizeof *sorted);
    if (!sorted)
        abort(); // lack of memory, as in base/json.c
    if (devices->n > 0)
        memcpy(sorted, devices->items, devices->n * sizeof *sorted);
    qsort(sorted, devices->n, sizeof *sorted, by_weight);
    for (size_t i = 0; i < devices->n; i++)
        summary_list_add(&list, make_device(sorted[i]));
    free(sorted);
    json_add_number(section, "plugs", devices->plugs);
    json_add_number(section, "usable", devices->usable);
    json_add_number(section, "different", devices->n);
    json_add_number(section, "unlisted", devices->unlisted);
}

static void add_counts(json_object *document, const struct month *month)
{
    json_object *counts = json_section(document, "counts");
    json_add_number(counts, "rows", month->rows);
    json_add_number(counts, "tampered", month->tampered);
    json_add_number(counts, "clock_steps", month->clock_steps);
    json_add_number(counts, "open_starts", month->open_starts);
    json_add_number(counts, "refused_media", month->refused_media);
    json_add_number(counts, "self_approvals", month->self_approvals);
    json_add_number(counts, "failed_media", month->failed_media);
    json_add_number(counts, "foreign_mounts", month->foreign_mounts);
    json_add_number(counts, "rejected_policies", month->rejected_policies);
    json_add_number(counts, "lost", month->watched.lost);
}

// ---- Time watched ------------------------------------------------------------------------------

static json_object *make_hole(const struct span *span)
{
    json_object *hole = json_object_new_object();
    summary_add_time(hole, "from", span->from_ns);
    summary_add_time(hole, "to", span->to_ns);
    summary_add_duration(hole, "length", span->to_ns - span->from_ns);
    return hole;
}

static void add_watched(json_object *document, const struct month *month)
{
    const struct watched *w = &month->watched;
    uint64_t on = spans_total(&w->on, 0, UINT64_MAX), seen = spans_total(&w->seen, 0, UINT64_MAX);
    uint64_t edges = spans_total(&w->edges, 0, UINT64_MAX);
    json_object *watched = json_section(document, "watched"), *holes = json_object_new_array();
    summary_add_duration(watched, "on", on);
    summary_add_duration(watched, "seen", seen);
    summary_add_duration(watched, "edges", edges);
    summary_add_duration(watched, "unseen", spans_total(&w->holes, 0, UINT64_MAX));
    summary_add_percent(watched, "percent", seen + edges, on);
    json_add(watched, "holes", holes);
    for (size_t i = 0; i < w->holes.n && i < HOLES_SHOWN; i++)
        summary_append(holes, make_hole(&w->holes.items[i]));
    json_add_number(watched, "n_holes", w->holes.n);
    summary_add_duration(watched, "unread", spans_total(&w->unread.spans, 0, UINT64_MAX));
    json_add_number(watched, "n_unread", w->unread.spans.n);
    json_add_number(watched, "unread_lost", w->unread.lost);
    json_add_number(watched, "more", w->holes.n > HOLES_SHOWN ? w->holes.n - HOLES_SHOWN : 0);
}

// ---- Verification ------------------------------------------------------------------------------

static void add_verified(json_object *document, const struct verify_result *verified)
{
    json_object *section = json_section(document, "verified"), *shown = json_object_new_array();
    verified_add(section, verified);
    json_add(section, "shown", shown);
    for (size_t i = 0; i < verified->n_faults && i < FAULTS_SHOWN; i++)
        summary_append(shown, json_object_new_string(verified->faults[i].what));
    json_add_number(section, "n_faults", verified->n_faults);
}

json_object *summary_make(const struct summary_sources *sources)
{
    json_object *document = json_object_new_object();
    if (!document)
        return NULL;
    add_head(document, sources);
    add_site(document, sources);
    add_devices(document, "blocked", &sources->month->blocked);
    add_devices(document, "used", &sources->month->used);
    summary_add_network(document, sources->month);
    summary_add_incidents(document, sources->month);
    summary_add_removals(document, sources->month);
    add_counts(document, sources->month);
    add_watched(document, sources->month);
    add_verified(document, sources->verified);
    chart_add(document, sources->month);
    if (add_items(document, sources) < 0) {
        json_object_put(document);
        return NULL;
    }
    return document;
}
