// SPDX-License-Identifier: GPL-3.0-or-later
// Follows each check from row to row, and closes a stretch of time at each change.
#include "report/checked-month.h"

#include "base/text.h"
#include "fact/finding_row.h"
#include "report/stated.h"

#include <errno.h>
#include <string.h>

static void checked_free(struct checked *checked)
{
    for (enum finding_value value = 0; value < FINDING_VALUE_MAX; value++)
        spans_clear(&checked->at[value]);
    free(checked->name);
    free(checked->clause);
    free(checked);
}

void checked_month_clear(struct checked_month *month)
{
    for (size_t i = 0; i < month->n; i++)
        checked_free(month->items[i]);
    free(month->items);
    *month = (struct checked_month){0};
}

static struct checked *find(const struct checked_month *month, const char *name)
{
    for (size_t i = 0; i < month->n; i++)
        if (text_equal(month->items[i]->name, name))
            return month->items[i];
    return NULL;
}

const struct checked *checked_month_find(const struct checked_month *month, const char *name)
{
    return find(month, name);
}

// ---- Rows --------------------------------------------------------------------------------------

// As many as the agent's own register holds; of one beyond nothing is known.
static int add(struct checked_month *month, const struct finding_row *row, uint64_t wall_ns,
               struct checked **ret)
{
    if (month->n >= FINDINGS_MAX)
        return -ENOSPC;
    struct checked **more = reallocarray(month->items, month->n + 1, sizeof(void *));
    if (!more)
        return -ENOMEM;
    month->items = more;
    struct checked *checked = calloc(1, sizeof *checked);
    if (!checked)
        return -ENOMEM;
    checked->known_ns = wall_ns;
    checked->name = text_dup(row->check);
    checked->clause = text_dup(row->clause);
    if (!checked->name || !checked->clause) {
        checked_free(checked);
        return -ENOMEM;
    }
    month->items[month->n++] = checked;
    *ret = checked;
    return 0;
}

static int close_stretch(struct checked *checked, uint64_t wall_ns)
{
    return spans_add(&checked->at[checked->last], checked->changed_ns, wall_ns);
}

// `wall_ns` 0: so it was before the rows began.
static int change(struct checked_month *month, const struct finding_row *row, uint64_t wall_ns,
                  uint64_t begin_ns)
{
    enum finding_value value;
    struct checked *checked = find(month, row->check);
    if (finding_value_from_str(row->finding, &value) < 0)
        return 0; // a word of another version: verification tells of what nobody would have written
    int r = checked ? close_stretch(checked, wall_ns) : add(month, row, wall_ns, &checked);
    if (r < 0)
        return r == -ENOSPC ? 0 : r;
    checked->last = value;
    checked->changed_ns = wall_ns;
    checked->was[value] |= wall_ns >= begin_ns; // however short
    return 0;
}

static int take_statement(struct checked_month *month, json_object *details)
{
    json_object *entries;
    size_t n = stated_entries(details, "findings", &entries);
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        CLEANUP(finding_row_free_p) struct finding_row *row = NULL;
        r = finding_row_from_object(json_object_array_get_idx(entries, i), &row);
        if (r == 0 && !find(month, row->check))
            r = change(month, row, 0, UINT64_MAX);
        r = r == -ENOMEM ? r : 0; // what can't be read is no entry
    }
    return r;
}

static int take_row(struct checked_month *month, const struct fact *fact, uint64_t begin_ns)
{
    CLEANUP(finding_row_free_p) struct finding_row *row = NULL;
    int r = finding_row_from_details(fact->details, &row);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    return change(month, row, fact->at.wall_ns, begin_ns);
}

int checked_month_take(struct checked_month *month, const struct query_row *row,
                       json_object *details, uint64_t begin_ns)
{
    switch ((int)row->fact.kind) {
    case FACT_REGISTER_STATED:
        return take_statement(month, details);
    case FACT_FINDING_CHANGED:
    case FACT_ANTIVIRUS_OK:
    case FACT_ANTIVIRUS_FAILED:
    case FACT_STORAGE_ENCRYPTED:
    case FACT_STORAGE_UNENCRYPTED:
    case FACT_POSTURE_OK:
    case FACT_POSTURE_FAILED:
        return take_row(month, &row->fact, begin_ns);
    default:
        return 0;
    }
}

// ---- At the end --------------------------------------------------------------------------------

static int end(struct checked *checked, const struct span *period)
{
    int r = close_stretch(checked, period->to_ns);
    for (enum finding_value value = 0; r == 0 && value < FINDING_VALUE_MAX; value++) {
        r = spans_cut(&checked->at[value], period);
        checked->was[value] |= checked->at[value].n > 0;
    }
    return r;
}

int checked_month_end(struct checked_month *month, const struct span *period)
{
    int r = 0;
    month->begin_ns = period->from_ns;
    month->end_ns = period->to_ns;
    for (size_t i = 0; r == 0 && i < month->n; i++)
        r = end(month->items[i], period);
    return r;
}

bool checked_is_unseen(const struct checked *checked, const struct checked_month *month)
{
    return checked->known_ns > month->begin_ns + CHECKED_FIRST_LOOK_MAX_NS;
}
