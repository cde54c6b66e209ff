// SPDX-License-Identifier: GPL-3.0-or-later
// What people do with incidents: each a row that says how the incident is from then on.
#include "daemon/incident-keeper-parts.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "daemon/person.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define DAY_NS (24 * 3600 * NS_PER_S)
#define KNOWN_DAYS_MAX 3660 // ago
// Of what people report, as long as it is open: who may report is everybody.
#define REPORTED_MAX 64
#define REPORTED_BY_ONE_MAX 8

// ---- Rows --------------------------------------------------------------------------------------

static struct incident_act act_of(const struct bus_person *who, uint64_t at_ns)
{
    return (struct incident_act){at_ns, who->uid, text_dup(who->name)};
}

static void set_act(struct incident_act *act, const struct bus_person *who, uint64_t at_ns)
{
    free(act->by);
    *act = act_of(who, at_ns);
}

static int put(struct incident_keeper *keeper, const struct bus_person *who, enum fact_kind kind,
               const struct incident *incident, const char *outcome, uint64_t *ret_sequence,
               char **ret_why)
{
    struct fact *row = incident_row(kind, incident, outcome);
    if (!row)
        return bus_refuse(-EINVAL, ret_why, N_("The texts are too long together."));
    return person_record(who, keeper->options.recorder, row, ret_sequence, ret_why);
}

static json_object *answer_number(uint64_t number, uint64_t sequence)
{
    json_object *answer = bus_answer_number(number);
    json_add_number(answer, "sequence", sequence);
    return answer;
}

// A row on its way says how the incident was before: it has to arrive first.
static int flush(const struct incident_keeper *keeper, char **ret_why)
{
    int r = recorder_wait(keeper->options.recorder);
    return r == 0 ? 0
                  : bus_refuse(r, ret_why,
                               N_("The ledger takes no rows at the moment. See: sekisho status"));
}

// A copy to be changed, of one that is open.
static int take(struct incident_keeper *keeper, uint64_t number, struct incident **ret,
                char **ret_why)
{
    int r = flush(keeper, ret_why);
    if (r < 0)
        return r;
    const struct incident *incident = incident_keeper_find(keeper, number);
    if (!incident)
        return bus_refuse(-ENOENT, ret_why,
                          N_("There is no such incident. See: sekisho incident list"));
    if (incident_is_over(incident))
        return bus_refuse(-EINVAL, ret_why, N_("This incident is closed already."));
    r = incident_keeper_copy(keeper, incident, ret);
    return r < 0 ? bus_refuse(r, ret_why, N_("No memory.")) : 0;
}

static int take_by_text(struct incident_keeper *keeper, const char *number, struct incident **ret,
                        char **ret_why)
{
    uint64_t wanted;
    if (text_to_u64(number, 10, INT64_MAX, &wanted) < 0)
        wanted = 0; // which none has
    return take(keeper, wanted, ret, ret_why);
}

// ---- Texts -------------------------------------------------------------------------------------

static int take_text(json_object *fields, const char *key, bool required, char **field,
                     char **ret_why)
{
    const char *text = json_get_text(fields, key);
    if (!text || !text[0])
        return required ? bus_refuse(-EINVAL, ret_why, N_("A text that is needed is missing.")) : 0;
    if (!incident_is_text(text))
        return bus_refuse(-EINVAL, ret_why, N_("A text is too long (512 bytes at most)."));
    return text_set(field, text) < 0 ? bus_refuse(-ENOMEM, ret_why, N_("No memory.")) : 0;
}

// A moment that lies behind us, or now if none is given.
static int take_moment(json_object *fields, const char *key, uint64_t *ret_ns, char **ret_why)
{
    uint64_t now_ns = moment_now().wall_ns, wall_ns = json_get_number(fields, key);
    if (wall_ns > now_ns)
        return bus_refuse(-EINVAL, ret_why, N_("This moment lies in the future."));
    if (wall_ns != 0 && now_ns - wall_ns > KNOWN_DAYS_MAX * DAY_NS)
        return bus_refuse(-EINVAL, ret_why, N_("This moment lies more than ten years back."));
    *ret_ns = wall_ns ? wall_ns : now_ns;
    return 0;
}

// ---- Opening -----------------------------------------------------------------------------------

static bool has_room(const struct incident_keeper *keeper, const struct bus_person *who)
{
    size_t n, all = 0, own = 0;
    struct incident *const *incidents = registers_incidents(keeper->options.registers, &n);
    for (size_t i = 0; i < n; i++) {
        bool counts = incidents[i]->what && !incident_is_over(incidents[i]);
        all += counts;
        own += counts && incidents[i]->opened.uid == who->uid;
    }
    return all < REPORTED_MAX && (own < REPORTED_BY_ONE_MAX || who->is_root);
}

static int fill_in(struct incident_keeper *keeper, const struct bus_person *who,
                   json_object *fields, struct incident *incident, char **ret_why)
{
    const char *kind = json_get_text(fields, "kind");
    incident->kind = FACT_INCIDENT_OPENED;
    incident->severity = SEVERITY_VIOLATION;
    incident->uid = FACT_NO_UID;
    incident->on_purpose = json_get_bool(fields, "on_purpose");
    set_act(&incident->opened, who, moment_now().wall_ns);
    incident->object = text_dup("");
    if (!incident->opened.by || !incident->object)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    if (incident_breach_from_str(kind ? kind : "", &incident->breach) < 0)
        return bus_refuse(-EINVAL, ret_why,
                          N_("The kind is one of: leak, loss, damage, sign, violation."));
    int r = take_text(fields, "what", true, &incident->what, ret_why);
    if (r == 0)
        r = take_moment(fields, "known_ns", &incident->known_ns, ret_why);
    if (r == 0)
        incident_keeper_set_dues(keeper, incident);
    return r;
}

int incident_keeper_open(struct incident_keeper *keeper, const struct bus_person *who,
                         json_object *fields, json_object **ret_answer, char **ret_why)
{
    CLEANUP(incident_free_p) struct incident *incident = calloc(1, sizeof *incident);
    uint64_t sequence;
    if (!incident)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    int r = flush(keeper, ret_why);
    if (r < 0)
        return r;
    if (!has_room(keeper, who))
        return bus_refuse(-ENOSPC, ret_why,
                          N_("Too many reports are open. Please call the officer."));
    r = fill_in(keeper, who, fields, incident, ret_why);
    if (r == 0)
        r = put(keeper, who, FACT_INCIDENT_OPENED, incident, "reported", &sequence, ret_why);
    if (r < 0)
        return r;
    *ret_answer = answer_number(sequence, sequence);
    return 0;
}

// ---- Answering ---------------------------------------------------------------------------------

static int acknowledge(struct incident_keeper *keeper, const struct bus_person *who,
                       struct incident *incident, uint64_t row, json_object **ret_answer,
                       char **ret_why)
{
    uint64_t sequence;
    set_act(&incident->acknowledged, who, moment_now().wall_ns);
    if (!incident->acknowledged.by)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    incident->acknowledged_row =
        row > incident->acknowledged_row ? row : incident->acknowledged_row;
    int r =
        put(keeper, who, FACT_INCIDENT_ACKNOWLEDGED, incident, "acknowledged", &sequence, ret_why);
    if (r < 0)
        return r;
    *ret_answer = answer_number(incident->number, sequence);
    return 0;
}

static bool has_alert(const struct incident_keeper *keeper, const struct incident *incident)
{
    CLEANUP_FREE char *cause = incident_cause(incident);
    const struct alert *alert;
    for (size_t i = 0; (alert = alerts_at(keeper->options.alerts, i)); i++)
        if (!alert->answered && (alert->incident == incident->number ||
                                 (alert->incident == 0 && text_equal(alert->cause, cause))))
            return true;
    return false;
}

int incident_keeper_acknowledge(struct incident_keeper *keeper, const struct bus_person *who,
                                bool all, const char *number, json_object **ret_answer,
                                char **ret_why)
{
    CLEANUP(incident_free_p) struct incident *incident = NULL;
    int r = take_by_text(keeper, number, &incident, ret_why);
    if (r < 0)
        return r;
    if (!all && !incident_is_own(incident, who->uid))
        return bus_refuse(-ENOENT, ret_why, N_("There is no incident with this number for you."));
    *ret_answer = NULL; // by another session, or pressed twice
    if (incident_state_of(incident) == INCIDENT_ACKNOWLEDGED && !has_alert(keeper, incident))
        return 0;
    return acknowledge(keeper, who, incident, incident->last, ret_answer, ret_why);
}

static uint64_t number_of(const struct incident_keeper *keeper, const char *cause)
{
    struct tally_cause *item = incident_tally_find(&keeper->tally, cause);
    if (item)
        return item->number;
    for (size_t i = 0; i < keeper->tally.n; i++) // one of the further causes
        if (tally_cause_is_rest(keeper->tally.items[i]))
            return keeper->tally.items[i]->number;
    return 0;
}

int incident_keeper_answer(struct incident_keeper *keeper, const struct bus_person *who,
                           const struct alert *alert, uint64_t sequence, json_object **ret_answer,
                           char **ret_why)
{
    CLEANUP(incident_free_p) struct incident *incident = NULL;
    // Rows that arrive meanwhile may take the alert away.
    CLEANUP_FREE char *cause = text_dup(alert->cause);
    uint64_t number = alert->incident;
    if (!cause)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    int r = flush(keeper, ret_why); // its incident is opened by then
    if (r != 0)
        return r;
    const bool by_cause = number == 0;
    r = take(keeper, by_cause ? number_of(keeper, cause) : number, &incident, ret_why);
    if (r != 0)
        return r;
    return acknowledge(keeper, who, incident, by_cause ? sequence : incident->last, ret_answer,
                       ret_why);
}

// ---- Notes and reports -------------------------------------------------------------------------

int incident_keeper_add_note(struct incident_keeper *keeper, const struct bus_person *who,
                             const char *number, const char *text, json_object **ret_answer,
                             char **ret_why)
{
    CLEANUP(incident_free_p) struct incident *incident = NULL;
    uint64_t sequence;
    if (!incident_is_text(text))
        return bus_refuse(-EINVAL, ret_why, N_("A text is too long (512 bytes at most)."));
    int r = take_by_text(keeper, number, &incident, ret_why);
    if (r < 0)
        return r;
    struct incident_act act = act_of(who, moment_now().wall_ns);
    char *copy = text_dup(text);
    if (!act.by || !copy) {
        free(act.by);
        free(copy);
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    }
    incident_add_note(incident, act, copy);
    r = put(keeper, who, FACT_INCIDENT_NOTED, incident, "noted", &sequence, ret_why);
    if (r < 0)
        return r;
    *ret_answer = answer_number(incident->number, sequence);
    return 0;
}

static int fill_in_report(struct incident_keeper *keeper, const struct bus_person *who,
                          enum incident_stage stage, json_object *fields, struct incident *incident,
                          char **ret_why)
{
    struct incident_report *report = &incident->reports[stage];
    uint64_t at_ns;
    if (report->made.at_ns != 0)
        return bus_refuse(-EINVAL, ret_why, N_("This report is recorded already."));
    int r = take_moment(fields, "at_ns", &at_ns, ret_why);
    if (r == 0)
        r = take_text(fields, "reference", false, &report->reference, ret_why);
    if (r < 0)
        return r;
    set_act(&report->made, who, at_ns);
    if (!report->made.by)
        return bus_refuse(-ENOMEM, ret_why, N_("No memory."));
    if (json_get_bool(fields, "on_purpose") && !incident->on_purpose) {
        incident->on_purpose = true; // as the first report shows: the final one has more time
        incident_keeper_set_dues(keeper, incident);
    }
    return 0;
}

int incident_keeper_report(struct incident_keeper *keeper, const struct bus_person *who,
                           const char *number, const char *stage, json_object *fields,
                           json_object **ret_answer, char **ret_why)
{
    CLEANUP(incident_free_p) struct incident *incident = NULL;
    enum incident_stage which;
    uint64_t sequence;
    if (incident_stage_from_str(stage, &which) < 0)
        return bus_refuse(-EINVAL, ret_why, N_("The report is the first or the final one."));
    int r = take_by_text(keeper, number, &incident, ret_why);
    if (r == 0)
        r = fill_in_report(keeper, who, which, fields, incident, ret_why);
    if (r == 0)
        r = put(keeper, who, FACT_INCIDENT_REPORTED, incident, stage, &sequence, ret_why);
    if (r < 0)
        return r;
    *ret_answer = answer_number(incident->number, sequence);
    return 0;
}

// ---- Closing -----------------------------------------------------------------------------------

// Of data that were touched the city hears the end, or the entry says why it does not.
static bool lacks_report(const struct incident *incident)
{
    return incident->breach != INCIDENT_VIOLATION && incident->breach != INCIDENT_SIGN &&
           incident->reports[INCIDENT_FINAL].made.at_ns == 0 && !incident->waived;
}

static bool may_answer_for_itself(const struct incident_keeper *keeper)
{
    const struct policy *policy = keeper->options.policy(keeper->options.context);
    return policy && policy->self_approval;
}

static int fill_in_end(const struct bus_person *who, json_object *fields, struct incident *incident,
                       char **ret_why)
{
    int r = take_text(fields, "cause", true, &incident->found, ret_why);
    if (r == 0)
        r = take_text(fields, "measure", true, &incident->measure, ret_why);
    if (r == 0)
        r = take_text(fields, "no_report", false, &incident->waived, ret_why);
    if (r < 0)
        return r;
    if (lacks_report(incident))
        return bus_refuse(-EINVAL, ret_why,
                          N_("The final report to the city is not recorded. Record it, or say why "
                             "none is due. See: sekisho incident close --help"));
    set_act(&incident->closed, who, moment_now().wall_ns);
    return incident->closed.by ? 0 : bus_refuse(-ENOMEM, ret_why, N_("No memory."));
}

int incident_keeper_close(struct incident_keeper *keeper, const struct bus_person *who,
                          const char *number, json_object *fields, json_object **ret_answer,
                          char **ret_why)
{
    CLEANUP(incident_free_p) struct incident *incident = NULL;
    uint64_t sequence;
    int r = take_by_text(keeper, number, &incident, ret_why);
    if (r < 0)
        return r;
    if (incident->uid == who->uid && !may_answer_for_itself(keeper))
        return bus_refuse(-EACCES, ret_why,
                          N_("This incident is about yourself: another person has to close it."));
    r = fill_in_end(who, fields, incident, ret_why);
    if (r == 0)
        r = put(keeper, who, FACT_INCIDENT_CLOSED, incident, "closed", &sequence, ret_why);
    if (r < 0)
        return r;
    *ret_answer = answer_number(incident->number, sequence);
    return 0;
}
