// SPDX-License-Identifier: GPL-3.0-or-later
// Folds violations by cause, and takes away what was answered.
#include "daemon/alerts.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "ledger/query.h"

#include <errno.h>
#include <string.h>

#define MONTHS_READ 2    // files
#define DETAILS_MAX 4096 // bytes: longer ones are left out, the ledger has them

struct alerts {
    struct alert *items[ALERTS_MAX]; // by the newest row, oldest first
    size_t n;
};

static void alert_free(struct alert *alert)
{
    if (!alert)
        return;
    fact_free(alert->fact);
    free(alert);
}
DEFINE_CLEANUP(struct alert, alert_free)

int alerts_new(struct alerts **ret)
{
    struct alerts *alerts = calloc(1, sizeof *alerts);
    if (!alerts)
        return -ENOMEM;
    *ret = alerts;
    return 0;
}

void alerts_free(struct alerts *alerts)
{
    if (!alerts)
        return;
    for (size_t i = 0; i < alerts->n; i++)
        alert_free(alerts->items[i]);
    free(alerts);
}

// ---- One more row ------------------------------------------------------------------------------

// Which cause a row is of, and whom it concerns: of a request the person who has asked.
struct cause {
    uint64_t request;
    uint32_t whom;
};

static bool is_of_request(enum fact_kind kind)
{
    return kind == FACT_REQUEST_MADE || kind == FACT_REQUEST_APPROVED ||
           kind == FACT_REQUEST_REFUSED || kind == FACT_REQUEST_WITHDRAWN;
}

static struct cause read_cause(uint64_t sequence, const struct fact *fact)
{
    struct cause cause = {.whom = fact->uid};
    if (!is_of_request(fact->kind) || !fact->details)
        return cause;
    CLEANUP_JSON json_object *details =
        json_parse(fact->details, strlen(fact->details), json_type_object);
    if (!json_get(details, "asker_uid"))
        return cause;
    cause.whom = (uint32_t)json_get_number(details, "asker_uid");
    cause.request = fact->kind == FACT_REQUEST_MADE ? sequence : json_get_number(details, "number");
    return cause;
}

static bool has_cause_of(const struct alert *alert, const struct fact *fact,
                         const struct cause *cause)
{
    if (alert->request > 0 || cause->request > 0)
        return alert->request == cause->request;
    return alert->fact->kind == fact->kind && alert->fact->uid == fact->uid &&
           text_equal(alert->fact->object, fact->object);
}

static struct alert *take_out(struct alerts *alerts, size_t i)
{
    struct alert *alert = alerts->items[i];
    alerts->n--;
    memmove(&alerts->items[i], &alerts->items[i + 1], (alerts->n - i) * sizeof alerts->items[0]);
    return alert;
}

static struct alert *take_same_cause(struct alerts *alerts, const struct fact *fact,
                                     const struct cause *cause)
{
    for (size_t i = alerts->n; i-- > 0;)
        if (has_cause_of(alerts->items[i], fact, cause))
            return take_out(alerts, i);
    return NULL;
}

static int remember(struct alert *alert, uint64_t sequence, const struct fact *fact)
{
    struct fact *copy = NULL;
    int r = fact_copy(fact, &copy);
    if (r < 0)
        return r;
    if (copy->details && strlen(copy->details) > DETAILS_MAX)
        free(TAKE_PTR(copy->details));
    if (alert->answered) { // it begins anew
        memset(alert->members, 0, sizeof alert->members);
        alert->count = 0;
    }
    fact_free(alert->fact);
    alert->fact = copy;
    alert->answered = false;
    alert->sequence = sequence;
    memmove(&alert->members[1], &alert->members[0],
            (ALERT_MEMBERS_MAX - 1) * sizeof alert->members[0]);
    alert->members[0] = sequence;
    alert->count++;
    return 0;
}

static int add(struct alerts *alerts, uint64_t sequence, const struct fact *fact)
{
    const struct cause cause = read_cause(sequence, fact);
    CLEANUP(alert_free_p) struct alert *alert = take_same_cause(alerts, fact, &cause);
    if (!alert)
        alert = calloc(1, sizeof *alert);
    if (!alert)
        return -ENOMEM;
    alert->whom = cause.whom;
    alert->request = cause.request;
    if (cause.request > 0)
        alert->answered = true; // each step of a request stands for itself
    int r = remember(alert, sequence, fact);
    if (r < 0)
        return r;
    if (alerts->n == ALERTS_MAX)
        alert_free(take_out(alerts, 0));
    alerts->items[alerts->n++] = TAKE_PTR(alert);
    return 0;
}

// ---- The answer --------------------------------------------------------------------------------

static bool is_member(const struct alert *alert, uint64_t sequence)
{
    for (size_t i = 0; i < ALERT_MEMBERS_MAX; i++)
        if (alert->members[i] == sequence)
            return true;
    return false;
}

static struct alert *find(const struct alerts *alerts, uint64_t sequence)
{
    for (size_t i = 0; sequence > 0 && i < alerts->n; i++)
        if (is_member(alerts->items[i], sequence))
            return alerts->items[i];
    return NULL;
}

// What came after the row that was answered is still to be looked at.
static void answer(struct alert *alert, uint64_t sequence)
{
    uint64_t newer = 0;
    while (newer < ALERT_MEMBERS_MAX && alert->members[newer] > sequence)
        newer++;
    alert->answered = newer == 0;
    if (alert->answered)
        return;
    alert->count = newer;
    memset(&alert->members[newer], 0, (ALERT_MEMBERS_MAX - newer) * sizeof alert->members[0]);
}

static void note_answer(struct alerts *alerts, const struct fact *fact)
{
    const char *text = fact->details ? fact->details : "";
    CLEANUP_JSON json_object *details = json_parse(text, strlen(text), json_type_object);
    uint64_t sequence = json_get_number(details, "sequence");
    struct alert *alert = find(alerts, sequence);
    if (alert)
        answer(alert, sequence);
}

// ---- Outside -----------------------------------------------------------------------------------

bool alerts_tell(const struct fact *fact)
{
    // A keyboard that is accepted has no request, and its row no details.
    return fact->severity == SEVERITY_VIOLATION || fact->kind == FACT_MEDIUM_OVERDUE ||
           (is_of_request(fact->kind) && fact->details);
}

void alerts_note(struct alerts *alerts, uint64_t sequence, const struct fact *fact)
{
    if (fact->kind == FACT_INCIDENT_ACKNOWLEDGED)
        note_answer(alerts, fact);
    if (!alerts_tell(fact))
        return;
    int r = add(alerts, sequence, fact);
    if (r < 0)
        log_warning("cannot keep the alert of row %llu for the sessions: %s; it is in the ledger",
                    (unsigned long long)sequence, strerror(-r));
}

static int on_row(void *context, const struct query_row *row)
{
    if (row->fact.kind < FACT_KIND_MAX)
        alerts_note(context, row->sequence, &row->fact);
    return 0;
}

void alerts_restore(struct alerts *alerts, const char *folder)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    const struct query_filter filter = {.severity = SEVERITY_NOTICE};
    size_t n = 0;
    int r = query_list_months(folder, &paths, &n);
    size_t skipped = n > MONTHS_READ ? n - MONTHS_READ : 0;
    if (r == 0)
        r = query_run((const char *const *)paths + skipped, n - skipped, &filter, on_row, alerts);
    if (r < 0)
        log_warning("cannot read which alerts are unanswered: %s; see: sekisho log --severity "
                    "violation",
                    strerror(-r));
}

bool alert_concerns(const struct alert *alert, uint32_t uid)
{
    return alert->whom == FACT_NO_UID || alert->whom == uid;
}

const struct alert *alerts_find(const struct alerts *alerts, uint64_t sequence)
{
    return find(alerts, sequence);
}

const struct alert *alerts_at(const struct alerts *alerts, size_t i)
{
    return i < alerts->n ? alerts->items[i] : NULL;
}
