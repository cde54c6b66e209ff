// SPDX-License-Identifier: GPL-3.0-or-later
// The register of take-outs, with who approved each request.
#include "report/takeout-month.h"

#include "base/text.h"
#include "report/stated.h"

#include <errno.h>

#define APPROVALS_MAX 10000

void takeout_month_init(struct takeout_month *month)
{
    *month = (struct takeout_month){.records.which = RECORD_TAKEOUTS};
}

void takeout_month_clear(struct takeout_month *month)
{
    for (size_t i = 0; i < month->n_approvals; i++)
        free(month->approvals[i].approver);
    free(month->approvals);
    record_month_clear(&month->records);
    takeout_month_init(month);
}

// ---- Who approved it ---------------------------------------------------------------------------

static int note_approval(struct takeout_month *month, json_object *request)
{
    const char *approver = json_get_text(request, "decider");
    if (!approver || !text_equal(json_get_text(request, "what"), "take-out") ||
        !text_equal(json_get_text(request, "state"), "approved") ||
        month->n_approvals >= APPROVALS_MAX)
        return 0;
    struct takeout_approval *more =
        reallocarray(month->approvals, month->n_approvals + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    month->approvals = more;
    char *copy = text_dup(approver);
    if (!copy)
        return -ENOMEM;
    more[month->n_approvals++] = (struct takeout_approval){json_get_number(request, "number"), copy,
                                                           json_get_bool(request, "self_approval")};
    return 0;
}

static int note_register(struct takeout_month *month, json_object *details)
{
    json_object *entries;
    size_t n = stated_entries(details, "requests", &entries);
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = note_approval(month, json_object_array_get_idx(entries, i));
    return r;
}

const struct takeout_approval *takeout_month_approval(const struct takeout_month *month,
                                                      const struct record *record)
{
    const char *request = record_get(record, "request");
    uint64_t number;
    if (!request || text_to_u64(request, 10, INT64_MAX, &number) < 0)
        return NULL;
    for (size_t i = month->n_approvals; i-- > 0;)
        if (month->approvals[i].request == number)
            return &month->approvals[i];
    return NULL;
}

// ---- The month ---------------------------------------------------------------------------------

int takeout_month_take(struct takeout_month *month, const struct query_row *row,
                       json_object *details)
{
    int r = 0;
    if (row->fact.kind == FACT_REQUEST_APPROVED)
        r = note_approval(month, details);
    else if (row->fact.kind == FACT_REGISTER_STATED)
        r = note_register(month, details);
    return r < 0 ? r : record_month_take(&month->records, row, details);
}

static bool is_plain(const struct record *record)
{
    const char *encryption = record_get(record, "encryption");
    return text_equal(encryption, RECORD_TAKEOUT_NONE) ||
           text_equal(encryption, RECORD_TAKEOUT_STATED_NONE);
}

void takeout_month_end(struct takeout_month *month, uint64_t begin_ns, uint64_t end_ns)
{
    record_month_end(&month->records, begin_ns);
    for (size_t i = 0; i < month->records.n; i++) {
        const struct record *record = month->records.items[i];
        bool is_back = record_state_at(record, end_ns) == RECORD_ENDED;
        bool is_new = record->made_ns >= begin_ns;
        month->taken += is_new;
        month->plain += is_new && is_plain(record);
        month->unpermitted += is_new && is_plain(record) && !record_get(record, "permit");
        month->returned += is_back;
        month->open += !is_back;
        month->overdue += record_state_at(record, end_ns) == RECORD_EXPIRED;
    }
}
