// SPDX-License-Identifier: GPL-3.0-or-later
// Follows a register from row to row.
#include "report/record-month.h"

#include "report/stated.h"

#include <errno.h>

void record_month_clear(struct record_month *month)
{
    for (size_t i = 0; i < month->n; i++)
        record_free(month->items[i]);
    free(month->items);
    *month = (struct record_month){.which = month->which};
}

static struct record **find(const struct record_month *month, uint64_t number)
{
    for (size_t i = month->n; i-- > 0;)
        if (month->items[i]->number == number)
            return &month->items[i];
    return NULL;
}

// Takes `record`.
static int put(struct record_month *month, struct record *record)
{
    struct record **old = find(month, record->number);
    if (old) {
        record_free(*old);
        *old = record;
        return 0;
    }
    bool full = month->n >= RECORD_MONTH_MAX;
    struct record **more = full ? NULL : reallocarray(month->items, month->n + 1, sizeof(void *));
    if (!more) {
        month->unlisted += full;
        record_free(record);
        return full ? 0 : -ENOMEM;
    }
    month->items = more;
    month->items[month->n++] = record;
    return 0;
}

// What can't be read is no entry: verification tells of it. `number`: of its row; 0: as it says.
static int take_object(struct record_month *month, json_object *object, uint64_t number)
{
    struct record *record = NULL;
    int r = object ? record_from_object(object, &record) : -ENOENT;
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    if (record->which != month->which) {
        record_free(record);
        return 0;
    }
    if (number != 0)
        record->number = number;
    return put(month, record);
}

static int take_statement(struct record_month *month, json_object *details)
{
    json_object *entries;
    size_t n = stated_entries(details, record_form_of(month->which)->name, &entries);
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        json_object *object = json_object_array_get_idx(entries, i);
        if (!find(month, json_get_number(object, "number")))
            r = take_object(month, object, 0);
    }
    return r;
}

int record_month_take(struct record_month *month, const struct query_row *row, json_object *details)
{
    const struct record_form *form = record_form_of(month->which);
    if (row->fact.kind == FACT_REGISTER_STATED)
        return take_statement(month, details);
    if (row->fact.kind == form->added)
        return take_object(month, details, row->sequence);
    return row->fact.kind < FACT_KIND_MAX && row->fact.kind == form->ended
               ? take_object(month, details, 0)
               : 0;
}

static bool was_over(const struct record *record, uint64_t begin_ns)
{
    bool ends = record_form_of(record->which)->ended != FACT_KIND_MAX;
    uint64_t last_ns = ends ? record->ended_ns : record->made_ns;
    return record_is_over(record) && last_ns < begin_ns;
}

void record_month_end(struct record_month *month, uint64_t begin_ns)
{
    size_t kept = 0;
    for (size_t i = 0; i < month->n; i++) {
        if (was_over(month->items[i], begin_ns))
            record_free(month->items[i]);
        else
            month->items[kept++] = month->items[i];
    }
    month->n = kept;
}
