// SPDX-License-Identifier: GPL-3.0-or-later
// Follows the register of operators from row to row.
#include "report/operator-month.h"

#include "base/text.h"
#include "report/stated.h"

#include <errno.h>

void operator_month_clear(struct operator_month *month)
{
    for (size_t i = 0; i < month->n; i++)
        operator_free(month->items[i]);
    free(month->items);
    *month = (struct operator_month){0};
}

static struct operator_entry **find(const struct operator_month *month, const char *login)
{
    for (size_t i = 0; i < month->n; i++)
        if (text_equal(month->items[i]->login, login))
            return &month->items[i];
    return NULL;
}

// Takes `entry`. One that the agent's register had no room for is not counted either.
static int put(struct operator_month *month, struct operator_entry *entry)
{
    struct operator_entry **old = find(month, entry->login);
    if (old) {
        operator_free(*old);
        *old = entry;
        return 0;
    }
    bool full = month->n >= OPERATORS_MAX;
    struct operator_entry **more =
        full ? NULL : reallocarray(month->items, month->n + 1, sizeof(void *));
    if (!more) {
        operator_free(entry);
        return full ? 0 : -ENOMEM;
    }
    month->items = more;
    month->items[month->n++] = entry;
    return 0;
}

static int take_statement(struct operator_month *month, json_object *details)
{
    json_object *entries;
    size_t n = stated_entries(details, "operators", &entries);
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct operator_entry *entry = NULL;
        r = operator_from_object(json_object_array_get_idx(entries, i), &entry);
        if (r == 0 && !find(month, entry->login))
            r = put(month, entry);
        else if (r == 0)
            operator_free(entry);
        r = r == -ENOMEM ? r : 0; // what can't be read is no entry
    }
    return r;
}

static int take_row(struct operator_month *month, const struct fact *fact)
{
    struct operator_entry *entry = NULL;
    int r = fact->details ? operator_from_json(fact->details, &entry) : -ENOENT;
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    return put(month, entry);
}

int operator_month_take(struct operator_month *month, const struct query_row *row,
                        json_object *details)
{
    switch ((int)row->fact.kind) {
    case FACT_REGISTER_STATED:
        return take_statement(month, details);
    case FACT_OPERATOR_ADDED:
    case FACT_OPERATOR_CHANGED:
    case FACT_OPERATOR_TRAINED:
    case FACT_OPERATOR_REMOVED:
        return take_row(month, &row->fact);
    default:
        return 0;
    }
}

struct operator_counts operator_month_count(const struct operator_month *month,
                                            const struct training_policy *training, uint64_t now_ns)
{
    static const struct training_policy standard = {.every = TRAINING_YEAR};
    const struct permit_clock clock = {now_ns, now_ns};
    struct operator_counts counts = {0};
    if (!training || training->every == TRAINING_NONE)
        training = &standard;
    for (size_t i = 0; i < month->n; i++) {
        enum operator_standing standing = operator_may_work(month->items[i], training, &clock);
        counts.designated += standing != OPERATOR_NOT_YET && standing != OPERATOR_ENDED;
        counts.trained += standing == OPERATOR_ALLOWED;
    }
    return counts;
}
