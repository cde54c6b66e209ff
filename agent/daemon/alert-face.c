// SPDX-License-Identifier: GPL-3.0-or-later
// Alerts as documents, for the persons whom they concern.
#include "daemon/alert-face.h"

#include "base/i18n.h"
#include "base/json.h"
#include "base/text.h"
#include "daemon/agent.h"
#include "daemon/alerts.h"
#include "daemon/person.h"
#include "daemon/request-face.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define LISTED_MAX 80 // beside requests that wait
#define OFFICERS_MAX 4

static bool is_in_office(const struct officer *officer, uint64_t now_ns)
{
    return officer->from_ns <= now_ns && (officer->until_ns == 0 || now_ns < officer->until_ns);
}

static json_object *describe_officers(const struct policy *policy)
{
    json_object *list = json_object_new_array();
    uint64_t now_ns = moment_now().wall_ns;
    for (size_t i = 0; policy && i < policy->n_officers; i++) {
        const struct officer *officer = policy->officers[i];
        if (!is_in_office(officer, now_ns) || json_object_array_length(list) == OFFICERS_MAX)
            continue;
        json_object *object = json_object_new_object();
        json_add_text(object, "role", officer->role);
        json_add_text(object, "name", officer->name);
        json_add_text(object, "phone", officer->phone);
        json_object_array_add(list, object);
    }
    return list;
}

static void describe_row(const struct fact *fact, json_object *object)
{
    json_add_text(object, "kind", fact_kind_to_str(fact->kind));
    json_add_text(object, "severity", severity_to_str(fact->severity));
    json_add_number(object, "time_ns", fact->at.wall_ns);
    if (fact->uid != FACT_NO_UID)
        json_add_number(object, "uid", fact->uid);
    json_add_text(object, "user", fact->user);
    json_add_text(object, "object", fact->object);
    json_add_text(object, "outcome", fact->outcome);
    if (fact->details)
        json_add(object, "details", fact_read_details(fact));
}

// Whatever becomes of it is one cause.
static void describe_request(uint64_t number, json_object *object)
{
    CLEANUP_FREE char *cause = text_format("request %" PRIu64, number);
    json_object_object_del(object, "cause");
    json_add_text(object, "cause", cause);
    json_add_number(object, "request", number);
}

#define LONGEST_NS (UINT64_C(31) * 24 * 3600 * NS_PER_S) // without a policy

// What the pop-up of a blocked device offers to whom wants to use it.
static void describe_offer(const struct policy *policy, json_object *object)
{
    json_object *purposes = json_object_new_array();
    for (size_t i = 0; policy && i < policy->purposes.n; i++)
        json_object_array_add(purposes, json_object_new_string(policy->purposes.items[i]));
    json_add(object, "purposes", purposes);
    json_add_number(object, "longest_ns", policy ? policy->request_longest_ns : LONGEST_NS);
}

static json_object *describe_alert(const struct agent *agent, const struct bus_person *who,
                                   const struct alert *alert)
{
    json_object *object = json_object_new_object();
    json_add_number(object, "sequence", alert->sequence);
    json_add_number(object, "count", alert->count);
    json_add_bool(object, "answered", alert->answered);
    json_add_bool(object, "concerns", alert_concerns(alert, who->uid));
    json_add_number(object, "reminded", alert->reminders);
    json_add_text(object, "cause", alert->cause);
    describe_row(alert->fact, object);
    if (alert->request > 0)
        describe_request(alert->request, object);
    if (alert->fact->kind == FACT_USB_BLOCKED)
        describe_offer(policy_store_get(agent->policy), object);
    json_add(object, "officers", describe_officers(policy_store_get(agent->policy)));
    return object;
}

static bool sees(const struct agent *agent, const struct bus_person *who, const struct alert *alert)
{
    return alert_concerns(alert, who->uid) ||
           person_may_see_others(who, policy_store_get(agent->policy));
}

// The same words whether there is none or it is another person's.
static const struct alert *find_for(const struct agent *agent, const struct bus_person *who,
                                    uint64_t sequence, char **ret_why)
{
    const struct alert *alert = alerts_find(agent->alerts, sequence);
    if (alert && sees(agent, who, alert))
        return alert;
    *ret_why = text_dup(N_("There is no alert with this number for you."));
    return NULL;
}

int alert_face_get(void *context, const struct bus_person *who, uint64_t sequence,
                   json_object **ret_answer, char **ret_why)
{
    const struct agent *agent = context;
    const struct alert *alert = find_for(agent, who, sequence, ret_why);
    if (!alert)
        return -ENOENT;
    *ret_answer = describe_alert(agent, who, alert);
    return 0;
}

static bool is_listed(const struct alert *alert, uint32_t uid, bool all, uint64_t since)
{
    return !alert->answered && alert->sequence > since && (all || alert_concerns(alert, uid));
}

int alert_face_list(void *context, const struct bus_person *who, uint64_t since,
                    json_object **ret_answer, char **ret_why)
{
    struct agent *agent = context;
    CLEANUP_JSON json_object *list = json_object_new_array();
    const struct alert *alert;
    bool all = person_may_see_others(who, policy_store_get(agent->policy));
    size_t n = 0, skipped = 0;
    (void)ret_why;
    // First: what is behind them is newer to a notifier, and a request must not push a violation
    // out of sight.
    int r = request_face_add_waiting(agent, who, since, list);
    if (r < 0)
        return r;
    for (size_t i = 0; (alert = alerts_at(agent->alerts, i)); i++)
        n += is_listed(alert, who->uid, all, since);
    for (size_t i = 0; (alert = alerts_at(agent->alerts, i)); i++)
        if (is_listed(alert, who->uid, all, since) && skipped++ + LISTED_MAX >= n)
            json_object_array_add(list, describe_alert(agent, who, alert));
    *ret_answer = TAKE_PTR(list);
    return 0;
}

// ---- The answer --------------------------------------------------------------------------------

int alert_face_acknowledge(void *context, const struct bus_person *who, uint64_t sequence,
                           json_object **ret_answer, char **ret_why)
{
    const struct agent *agent = context;
    const struct alert *alert = find_for(agent, who, sequence, ret_why);
    if (!alert)
        return -ENOENT;
    if (alert->answered) // by another session, or pressed twice
        return 0;
    return incident_keeper_answer(agent->incidents, who, alert, sequence, ret_answer, ret_why);
}
