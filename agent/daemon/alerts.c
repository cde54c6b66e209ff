// SPDX-License-Identifier: GPL-3.0-or-later
// Folds violations by cause, and takes away what was answered.
#include "daemon/alerts.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "fact/cause.h"
#include "policy/incident.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

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
    free(alert->cause);
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

static bool is_of_request(const struct fact *fact)
{
    // A keyboard that is accepted has no request, and its row no details.
    return fact->details &&
           (fact->kind == FACT_REQUEST_MADE || fact->kind == FACT_REQUEST_APPROVED ||
            fact->kind == FACT_REQUEST_REFUSED || fact->kind == FACT_REQUEST_WITHDRAWN);
}

bool alert_is_about(const struct fact *fact)
{
    return fact->severity == SEVERITY_VIOLATION || fact->kind == FACT_MEDIUM_OVERDUE ||
           fact->kind == FACT_INCIDENT_OVERDUE || is_of_request(fact) ||
           (fact->kind == FACT_INCIDENT_OPENED && text_equal(fact->outcome, "reported"));
}

// Who asked is to know what became of it, whoever decided.
static void read_request(struct alert *alert, uint64_t sequence, const struct fact *fact)
{
    CLEANUP_JSON json_object *details = is_of_request(fact) ? fact_read_details(fact) : NULL;
    alert->whom = fact->uid;
    alert->request = 0;
    if (!json_get(details, "asker_uid"))
        return;
    alert->whom = (uint32_t)json_get_number(details, "asker_uid");
    alert->request =
        fact->kind == FACT_REQUEST_MADE ? sequence : json_get_number(details, "number");
}

// What two persons report in the same words are two matters, and each request is one.
static char *make_cause(uint64_t sequence, const struct fact *fact)
{
    struct alert alert;
    read_request(&alert, sequence, fact);
    if (alert.request > 0)
        return text_format("request %" PRIu64, alert.request);
    return fact->kind == FACT_INCIDENT_OPENED
               ? text_format("%s %" PRIu64, fact_kind_to_str(fact->kind), sequence)
               : cause_of(fact);
}

static uint64_t incident_of(uint64_t sequence, const struct fact *fact)
{
    if (fact->kind == FACT_INCIDENT_OPENED)
        return sequence;
    CLEANUP_JSON json_object *details =
        fact->kind == FACT_INCIDENT_OVERDUE ? fact_read_details(fact) : NULL;
    return json_get_number(details, "number");
}

static struct alert *take_out(struct alerts *alerts, size_t i)
{
    struct alert *alert = alerts->items[i];
    alerts->n--;
    memmove(&alerts->items[i], &alerts->items[i + 1], (alerts->n - i) * sizeof alerts->items[0]);
    return alert;
}

static struct alert *take_same_cause(struct alerts *alerts, const char *cause)
{
    for (size_t i = alerts->n; i-- > 0;)
        if (text_equal(alerts->items[i]->cause, cause))
            return take_out(alerts, i);
    return NULL;
}

static int remember(struct alert *alert, uint64_t sequence, const struct fact *fact)
{
    struct fact *copy = NULL;
    int r = fact_copy(fact, &copy);
    if (r < 0)
        return r;
    // What an incident says of itself (notes of officers) is not for everybody whom it concerns.
    bool of_incident = copy->kind == FACT_INCIDENT_OPENED || copy->kind == FACT_INCIDENT_OVERDUE;
    if (copy->details && (strlen(copy->details) > DETAILS_MAX || of_incident))
        free(TAKE_PTR(copy->details));
    alert->incident = incident_of(sequence, fact);
    alert->told = fact->at;
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
    CLEANUP_FREE char *cause = make_cause(sequence, fact);
    if (!cause)
        return -ENOMEM;
    CLEANUP(alert_free_p) struct alert *alert = take_same_cause(alerts, cause);
    if (!alert)
        alert = calloc(1, sizeof *alert);
    if (!alert)
        return -ENOMEM;
    if (!alert->cause)
        alert->cause = TAKE_PTR(cause);
    read_request(alert, sequence, fact);
    if (alert->request > 0)
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

// An answer to one row, as agents gave it that kept no incidents.
static void note_answer_to_row(struct alerts *alerts, const struct fact *fact)
{
    CLEANUP_JSON json_object *details = fact_read_details(fact);
    struct alert *alert = find(alerts, json_get_number(details, "sequence"));
    if (alert)
        answer(alert, json_get_number(details, "sequence"));
}

// Whoever answers or ends an incident has seen what is told about it.
static void note_answer(struct alerts *alerts, const struct fact *fact)
{
    CLEANUP(incident_free_p) struct incident *incident = NULL;
    if (incident_from_json(fact->details ? fact->details : "", &incident) < 0) {
        note_answer_to_row(alerts, fact);
        return;
    }
    CLEANUP_FREE char *cause = incident_cause(incident);
    bool ended = fact->kind == FACT_INCIDENT_CLOSED;
    for (size_t i = 0; cause && i < alerts->n; i++) {
        struct alert *alert = alerts->items[i];
        if (alert->incident == incident->number)
            answer(alert, alert->sequence);
        else if (alert->incident == 0 && text_equal(alert->cause, cause))
            answer(alert, ended ? incident->last : incident->acknowledged_row);
    }
}

// ---- Reminders ---------------------------------------------------------------------------------

static uint64_t since(uint64_t then_ns, uint64_t now_ns)
{
    return now_ns > then_ns ? now_ns - then_ns : 0;
}

static bool is_due(const struct alert *alert, uint64_t after_ns, const struct moment *now)
{
    bool same_boot = text_equal(alert->told.boot, now->boot);
    return !alert->answered && alert->request == 0 &&
           (since(alert->told.wall_ns, now->wall_ns) >= after_ns ||
            (same_boot && since(alert->told.monotonic_ns, now->monotonic_ns) >= after_ns));
}

// Told in the future of this clock and in another boot: nothing is known but that it is now.
static void mend_told(struct alert *alert, const struct moment *now)
{
    if (alert->told.wall_ns > now->wall_ns && !text_equal(alert->told.boot, now->boot))
        alert->told = *now;
}

void alerts_remind(struct alerts *alerts, uint64_t after_ns, const struct moment *now,
                   alerts_teller tell, void *context)
{
    for (size_t i = 0; i < alerts->n; i++) {
        struct alert *alert = alerts->items[i];
        mend_told(alert, now);
        if (!is_due(alert, after_ns, now))
            continue;
        alert->told = *now;
        alert->reminders++;
        tell(context, alert);
    }
}

// ---- Outside -----------------------------------------------------------------------------------

void alerts_note(struct alerts *alerts, uint64_t sequence, const struct fact *fact)
{
    if (fact->kind == FACT_INCIDENT_ACKNOWLEDGED || fact->kind == FACT_INCIDENT_CLOSED)
        note_answer(alerts, fact);
    if (!alert_is_about(fact))
        return;
    int r = add(alerts, sequence, fact);
    if (r < 0)
        log_warning("cannot keep the alert of row %llu for the sessions: %s; it is in the ledger",
                    (unsigned long long)sequence, strerror(-r));
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
