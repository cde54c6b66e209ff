// SPDX-License-Identifier: GPL-3.0-or-later
// Which incidents are open, and what happens by itself: they are opened, become overdue, and
// remind.
#include "daemon/incident-keeper-parts.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/two-clocks.h"
#include "ledger/query.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

// ---- What the parts share ----------------------------------------------------------------------

struct incident_terms incident_keeper_terms(const struct incident_keeper *keeper)
{
    const struct policy *policy = keeper->options.policy(keeper->options.context);
    return policy
               ? (struct incident_terms){(unsigned)policy->first_report_days,
                                         (unsigned)policy->final_report_days,
                                         (unsigned)policy->purpose_report_days, policy->remind_ns}
               : (struct incident_terms){POLICY_FIRST_REPORT_DAYS, POLICY_FINAL_REPORT_DAYS,
                                         POLICY_PURPOSE_REPORT_DAYS, POLICY_REMIND_NS};
}

struct permit_clock incident_keeper_clock(const struct incident_keeper *keeper)
{
    return two_clocks_read(&keeper->begun, keeper->options.ledger);
}

const struct incident *incident_keeper_find(const struct incident_keeper *keeper, uint64_t number)
{
    size_t n;
    struct incident *const *incidents = registers_incidents(keeper->options.registers, &n);
    for (size_t i = 0; i < n; i++)
        if (incidents[i]->number == number)
            return incidents[i];
    return NULL;
}

int incident_keeper_copy(const struct incident_keeper *keeper, const struct incident *incident,
                         struct incident **ret)
{
    const struct tally_cause *item =
        incident_is_over(incident) ? NULL : incident_tally_of(&keeper->tally, incident->number);
    struct incident *copy = NULL;
    int r = incident_copy(incident, &copy);
    if (r < 0)
        return r;
    if (item && item->last >= copy->last) {
        copy->last = item->last;
        copy->last_ns = item->last_ns;
        copy->count = item->count;
        copy->severity = item->severity;
    }
    *ret = copy;
    return 0;
}

void incident_keeper_set_dues(const struct incident_keeper *keeper, struct incident *incident)
{
    const struct incident_terms terms = incident_keeper_terms(keeper);
    incident->reports[INCIDENT_FIRST].due_ns =
        incident_due_ns(incident->known_ns, terms.first_days);
    incident->reports[INCIDENT_FINAL].due_ns = incident_due_ns(
        incident->known_ns, incident->on_purpose ? terms.purpose_days : terms.final_days);
}

struct fact *incident_row(enum fact_kind kind, const struct incident *incident, const char *outcome)
{
    CLEANUP_FREE char *json = NULL, *number = text_format("%" PRIu64, incident->number);
    if (!number || incident_to_json(incident, &json) < 0)
        return NULL;
    const char *object = kind == FACT_INCIDENT_OPENED ? incident_name(incident) : number;
    struct fact *fact = recorder_fact(kind, object, outcome, NULL);
    if (fact)
        fact->details = TAKE_PTR(json);
    return fact;
}

// ---- Opening -----------------------------------------------------------------------------------

static int fill_in(const struct tally_cause *item, struct incident *incident)
{
    incident->kind = item->kind;
    incident->uid = item->uid;
    incident->severity = item->severity;
    incident->first = item->first;
    incident->last = item->last;
    incident->first_ns = item->first_ns;
    incident->last_ns = item->last_ns;
    incident->count = item->count;
    incident->known_ns = item->first_ns;
    CLEANUP_FREE char *user = item->user ? text_printable(item->user) : NULL;
    int r = incident_is_text(user) ? text_set(&incident->user, user) : 0;
    return r < 0 ? r : text_set(&incident->object, item->object);
}

static struct fact *make_opening(const struct incident_keeper *keeper,
                                 const struct tally_cause *item)
{
    CLEANUP(incident_free_p) struct incident *incident = calloc(1, sizeof *incident);
    if (!incident || fill_in(item, incident) < 0)
        return NULL;
    incident->opened = (struct incident_act){moment_now().wall_ns, FACT_NO_UID, NULL};
    incident_keeper_set_dues(keeper, incident);
    struct fact *fact = incident_row(FACT_INCIDENT_OPENED, incident, "opened");
    if (fact)
        fact->uid = item->uid;
    return fact && text_set(&fact->user, incident->user) < 0 ? (fact_free(fact), NULL) : fact;
}

// Each of these rows has registers.db written: hundreds at once must not keep the loop.
#define OPENING_MAX 8

static void open_missing(struct incident_keeper *keeper);

// A row on its way. Its cause may have gone when the answer comes, the keeper not.
struct opening {
    struct incident_keeper *keeper;
    char *cause;
};

static void on_opened(void *context, uint64_t sequence, int error)
{
    struct opening *opening = context;
    struct tally_cause *item = incident_tally_find(&opening->keeper->tally, opening->cause);
    if (item)
        item->opening = false; // and bound, if the row is durable
    if (sequence == 0)
        log_error("cannot record that an incident is opened: %s, trying again within a minute",
                  strerror(-error));
    struct incident_keeper *keeper = opening->keeper;
    free(opening->cause);
    free(opening);
    if (sequence != 0)
        open_missing(keeper);
}

static void open_one(struct incident_keeper *keeper, struct tally_cause *item)
{
    struct opening *opening = calloc(1, sizeof *opening);
    char *cause = text_dup(item->cause);
    if (!opening || !cause) {
        free(opening);
        free(cause);
        log_error("no memory to open an incident, trying again within a minute");
        return;
    }
    *opening = (struct opening){keeper, cause};
    item->opening = true;
    recorder_put_found(keeper->options.recorder, make_opening(keeper, item), on_opened, opening);
}

static size_t count_opening(const struct incident_keeper *keeper)
{
    size_t n = 0;
    for (size_t i = 0; i < keeper->tally.n; i++)
        n += keeper->tally.items[i]->opening;
    return n;
}

// While the registers are not complete it would open what is open.
static void open_missing(struct incident_keeper *keeper)
{
    size_t n;
    struct incident *const *incidents = registers_incidents(keeper->options.registers, &n);
    if (keeper->ending || !keeper->known || !registers_are_complete(keeper->options.registers) ||
        !ledger_is_writable(keeper->options.ledger))
        return;
    if (incident_tally_settle(&keeper->tally, incidents, n) < 0)
        log_error("no memory to look for incidents, trying again within a minute");
    size_t opening = count_opening(keeper);
    for (size_t i = 0; i < keeper->tally.n && opening < OPENING_MAX; i++)
        if (keeper->tally.items[i]->number == 0 && !keeper->tally.items[i]->opening) {
            opening++;
            open_one(keeper, keeper->tally.items[i]);
        }
}

// ---- Deadlines ---------------------------------------------------------------------------------

struct lateness {
    struct incident_keeper *keeper;
    uint64_t number;
};

static void look_at_deadlines(struct incident_keeper *keeper);

static void on_overdue(void *context, uint64_t sequence, int error)
{
    struct lateness *lateness = context;
    struct incident_keeper *keeper = lateness->keeper;
    for (size_t i = keeper->n_overdue; i-- > 0;)
        if (keeper->overdue[i] == lateness->number)
            keeper->overdue[i] = keeper->overdue[--keeper->n_overdue];
    if (sequence == 0)
        log_error("cannot record that a report is overdue: %s, trying again within a minute",
                  strerror(-error));
    free(lateness);
    if (sequence != 0)
        look_at_deadlines(keeper);
}

static bool is_being_told(const struct incident_keeper *keeper, uint64_t number)
{
    bool found = keeper->n_overdue >= OPENING_MAX; // the rest when these are done
    for (size_t i = 0; i < keeper->n_overdue; i++)
        found |= keeper->overdue[i] == number;
    return found;
}

static uint64_t lateness_of(const struct incident *incident, enum incident_stage stage,
                            const struct permit_clock *clock)
{
    uint64_t due_ns = incident->reports[stage].due_ns;
    if (!incident_is_awaited(incident, stage) || clock->latest_ns < due_ns)
        return 0;
    return clock->earliest_ns < due_ns ? 1 : 2;
}

static struct fact *make_overdue(const struct incident_keeper *keeper,
                                 const struct incident *incident, enum incident_stage stage,
                                 uint64_t late)
{
    CLEANUP(incident_free_p) struct incident *copy = NULL;
    if (incident_keeper_copy(keeper, incident, &copy) < 0)
        return NULL;
    copy->reports[stage].overdue = late;
    struct fact *fact = incident_row(FACT_INCIDENT_OVERDUE, copy, incident_stage_to_str(stage));
    if (fact) // it is told to whom the incident concerns
        fact->uid = copy->what ? copy->opened.uid : copy->uid;
    return fact;
}

static void tell_overdue(struct incident_keeper *keeper, const struct incident *incident,
                         enum incident_stage stage, uint64_t late)
{
    struct lateness *lateness = calloc(1, sizeof *lateness);
    if (!lateness)
        return; // again within a minute
    *lateness = (struct lateness){keeper, incident->number};
    keeper->overdue[keeper->n_overdue++] = incident->number;
    recorder_put_found(keeper->options.recorder, make_overdue(keeper, incident, stage, late),
                       on_overdue, lateness);
}

// One row at a time of each, because each says all of the incident.
static void look_at_deadlines(struct incident_keeper *keeper)
{
    size_t n;
    const struct permit_clock clock = incident_keeper_clock(keeper);
    struct incident *const *incidents = registers_incidents(keeper->options.registers, &n);
    if (keeper->ending || !ledger_is_writable(keeper->options.ledger))
        return;
    for (size_t i = 0; i < n; i++)
        for (unsigned stage = 0; stage < INCIDENT_STAGE_MAX; stage++) {
            uint64_t late = lateness_of(incidents[i], stage, &clock);
            if (late > incidents[i]->reports[stage].overdue &&
                !is_being_told(keeper, incidents[i]->number))
                tell_overdue(keeper, incidents[i], stage, late);
        }
}

// ---- Outside -----------------------------------------------------------------------------------

void incident_keeper_note(struct incident_keeper *keeper, uint64_t sequence,
                          const struct fact *fact)
{
    int r = incident_tally_note(&keeper->tally, sequence, fact);
    if (r < 0)
        log_error("no memory to count row %" PRIu64 " among the incidents; the next start does",
                  sequence);
    alerts_note(keeper->options.alerts, sequence, fact);
    if (fact->severity == SEVERITY_VIOLATION || fact->kind == FACT_INCIDENT_CLOSED)
        open_missing(keeper);
}

void incident_keeper_settle(struct incident_keeper *keeper)
{
    const struct moment now = moment_now();
    const struct incident_terms terms = incident_keeper_terms(keeper);
    open_missing(keeper);
    look_at_deadlines(keeper);
    alerts_remind(keeper->options.alerts, terms.remind_ns, &now, keeper->options.remind,
                  keeper->options.context);
}

void incident_keeper_end(struct incident_keeper *keeper)
{
    keeper->ending = true;
}

bool incident_keeper_count(const struct incident_keeper *keeper, uint64_t *ret_open,
                           uint64_t *ret_rows)
{
    size_t n;
    uint64_t open = 0, rows = 0;
    struct incident *const *incidents = registers_incidents(keeper->options.registers, &n);
    for (size_t i = 0; i < n; i++)
        open += !incident_is_over(incidents[i]);
    for (size_t i = 0; i < keeper->tally.n; i++) {
        open += keeper->tally.items[i]->number == 0; // as good as opened
        rows += keeper->tally.items[i]->count;
    }
    *ret_open = open;
    *ret_rows = rows;
    return keeper->known;
}

// ---- Life --------------------------------------------------------------------------------------

static int on_row(void *context, const struct query_row *row)
{
    struct incident_keeper *keeper = context;
    if (row->fact.kind == FACT_KIND_MAX)
        return 0;
    alerts_note(keeper->options.alerts, row->sequence, &row->fact);
    return incident_tally_note(&keeper->tally, row->sequence, &row->fact);
}

static void restore(struct incident_keeper *keeper, const char *folder)
{
    CLEANUP(query_free_paths_p) char **paths = NULL;
    const struct query_filter filter = {.severity = SEVERITY_NOTICE};
    size_t n = 0;
    int r = query_list_months(folder, &paths, &n);
    if (r == 0)
        r = query_run((const char *const *)paths, n, &filter, on_row, keeper);
    if (r < 0)
        log_warning("cannot read which incidents are open: %s; see: sekisho log --severity "
                    "violation",
                    strerror(-r));
    keeper->known = r == 0;
}

int incident_keeper_new(const struct incident_keeper_options *options, const char *folder,
                        struct incident_keeper **ret)
{
    struct incident_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return -ENOMEM;
    keeper->options = *options;
    keeper->begun = moment_now();
    restore(keeper, folder);
    *ret = keeper;
    return 0;
}

void incident_keeper_free(struct incident_keeper *keeper)
{
    if (!keeper)
        return;
    incident_tally_clear(&keeper->tally);
    free(keeper);
}
