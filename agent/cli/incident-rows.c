// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of the ledger that an incident is about, and those that people made of it.
#include "cli/incident-parts.h"

#include "base/json.h"
#include "base/text.h"
#include "fact/cause.h"
#include "ledger/query.h"
#include "policy/incident.h"
#include "report/sentence.h"

#include <errno.h>
#include <string.h>

#define FIRST_MAX 10 // rows of the cause: the first ones
#define LAST_MAX 30  // and the newest
#define ACTS_MAX 100

struct search {
    const char *cause;
    uint64_t number, last;
    bool translated;
    json_object *rows;
    json_object *newest; // a ring of those behind the first
    uint64_t n;
};

static json_object *describe(const struct search *search, const struct query_row *row)
{
    CLEANUP_JSON json_object *details = fact_read_details(&row->fact);
    CLEANUP_FREE char *sentence = sentence_make(row, details, search->translated),
                      *user = row->fact.user ? text_printable(row->fact.user) : NULL;
    json_object *object = json_object_new_object();
    json_add_number(object, "sequence", row->sequence);
    json_add_number(object, "time_ns", row->fact.at.wall_ns);
    json_add_text(object, "kind", row->kind_name);
    json_add_text(object, "user", user);
    json_add_text(object, "text", sentence);
    return object;
}

static int take_violation(void *context, const struct query_row *row)
{
    struct search *search = context;
    CLEANUP_FREE char *cause =
        row->fact.kind < FACT_KIND_MAX && row->fact.severity == SEVERITY_VIOLATION
            ? cause_of(&row->fact)
            : NULL;
    if (!text_equal(cause, search->cause) || row->sequence > search->last)
        return 0;
    if (search->n++ < FIRST_MAX)
        return json_object_array_add(search->rows, describe(search, row)) < 0 ? -ENOMEM : 0;
    if (json_object_array_length(search->newest) == LAST_MAX)
        (void)json_object_array_del_idx(search->newest, 0, 1);
    return json_object_array_add(search->newest, describe(search, row)) < 0 ? -ENOMEM : 0;
}

static uint64_t number_in(const struct query_row *row)
{
    CLEANUP(incident_free_p) struct incident *incident = NULL;
    if (row->fact.kind == FACT_INCIDENT_OPENED)
        return row->sequence;
    return incident_from_json(row->fact.details ? row->fact.details : "", &incident) == 0
               ? incident->number
               : 0;
}

static int take_act(void *context, const struct query_row *row)
{
    struct search *search = context;
    if (number_in(row) != search->number || search->n >= ACTS_MAX)
        return 0;
    search->n++;
    return json_object_array_add(search->newest, describe(search, row)) < 0 ? -ENOMEM : 0;
}

static int query_folder(const char *state, const struct query_filter *filter,
                        query_callback callback, struct search *search)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    CLEANUP_FREE char *folder = text_format("%s/ledger", state);
    size_t n = 0;
    int r = folder ? query_list_months(folder, &paths, &n) : -ENOMEM;
    return r < 0 ? r : query_run((const char *const *)paths, n, filter, callback, search);
}

static int by_sequence(const void *a, const void *b)
{
    uint64_t x = json_get_number(*(json_object *const *)a, "sequence"),
             y = json_get_number(*(json_object *const *)b, "sequence");
    return (x > y) - (x < y);
}

static void append_all(json_object *rows, json_object *more)
{
    for (size_t i = 0; i < json_object_array_length(more); i++)
        json_object_array_add(rows, json_object_get(json_object_array_get_idx(more, i)));
}

int incident_read_rows(const char *state, json_object *incident, bool translated, json_object **ret,
                       uint64_t *ret_left_out)
{
    json_object *cause = json_get(incident, "cause");
    CLEANUP_JSON json_object *rows = json_object_new_array(), *newest = json_object_new_array(),
                             *acts = json_object_new_array();
    enum fact_kind kind;
    uint64_t first = json_get_number(incident, "first");
    const char *name = json_get_text(cause, "kind");
    if (!name || fact_kind_from_str(name, &kind) < 0)
        return -EBADMSG;
    CLEANUP_FREE char *text =
        cause_text(kind, (uint32_t)json_get_number(cause, "uid"), json_get_text(cause, "object"));
    if (!text)
        return -ENOMEM;
    struct search search = {.cause = text,
                            .number = json_get_number(incident, "number"),
                            .last = json_get_number(incident, "last"),
                            .translated = translated,
                            .rows = rows,
                            .newest = newest};
    const struct query_filter of_cause = {
        .kind = name, .severity = SEVERITY_VIOLATION, .after_sequence = first > 0 ? first - 1 : 0};
    const struct query_filter of_people = {
        .kind = "incident.*", .severity = -1, .after_sequence = search.number - 1};
    int r = first > 0 ? query_folder(state, &of_cause, take_violation, &search) : 0;
    uint64_t n = search.n;
    search.newest = acts;
    search.n = 0;
    if (r == 0)
        r = query_folder(state, &of_people, take_act, &search);
    if (r < 0)
        return r;
    *ret_left_out = n - json_object_array_length(rows) - json_object_array_length(newest);
    append_all(rows, newest);
    append_all(rows, acts);
    json_object_array_sort(rows, by_sequence);
    *ret = TAKE_PTR(rows);
    return 0;
}
