// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the keepers of requests and take-outs together from the agent's parts.
#include "daemon/request-face.h"

#include "daemon/agent.h"
#include "daemon/hooks.h"
#include "daemon/request-keeper.h"
#include "daemon/request-waiting.h"
#include "daemon/take-out-keeper.h"

static struct request_keeper requests_of(struct agent *agent)
{
    return (struct request_keeper){
        .recorder = agent->recorder,
        .registers = agent->registers,
        .ledger = agent->ledger,
        .policy = agent->policy ? policy_store_get(agent->policy) : NULL,
        .permits = agent->permits,
        .approvals = {.recorder = agent->recorder,
                      .registers = agent->registers,
                      .usb = agent->usb,
                      .changed = hook_changed,
                      .context = agent},
    };
}

void request_face_settle(struct agent *agent)
{
    const struct request_keeper requests = requests_of(agent);
    request_keeper_settle(&requests);
    take_out_keeper_settle(&requests, agent->alerts);
}

int request_face_add_waiting(struct agent *agent, const struct bus_person *who, uint64_t since,
                             json_object *list)
{
    const struct request_keeper requests = requests_of(agent);
    return request_waiting_list(&requests, who, since, list);
}

int request_face_enter_export(struct agent *agent, const struct bus_person *who,
                              const char *package, json_object *details, uint64_t *ret_number,
                              char **ret_why)
{
    const struct request_keeper requests = requests_of(agent);
    return take_out_keeper_enter_export(&requests, who, package, details, ret_number, ret_why);
}

int request_face_make(void *context, const struct bus_person *who, const char *what,
                      json_object *terms, json_object **ret_answer, char **ret_why)
{
    const struct request_keeper requests = requests_of(context);
    return request_keeper_make(&requests, who, what, terms, ret_answer, ret_why);
}

int request_face_approve(void *context, const struct bus_person *who, const char *number,
                         json_object *options, json_object **ret_answer, char **ret_why)
{
    const struct request_keeper requests = requests_of(context);
    return request_keeper_approve(&requests, who, number, options, ret_answer, ret_why);
}

int request_face_refuse(void *context, const struct bus_person *who, const char *number,
                        const char *reason, json_object **ret_answer, char **ret_why)
{
    const struct request_keeper requests = requests_of(context);
    return request_keeper_refuse(&requests, who, number, reason, ret_answer, ret_why);
}

int request_face_withdraw(void *context, const struct bus_person *who, const char *number,
                          json_object **ret_answer, char **ret_why)
{
    const struct request_keeper requests = requests_of(context);
    return request_keeper_withdraw(&requests, who, number, ret_answer, ret_why);
}

int request_face_list(void *context, const struct bus_person *who, uint64_t number,
                      json_object **ret_answer, char **ret_why)
{
    const struct request_keeper requests = requests_of(context);
    return request_keeper_list(&requests, who, number, ret_answer, ret_why);
}

int request_face_take_out(void *context, const struct bus_person *who, json_object *fields,
                          json_object **ret_answer, char **ret_why)
{
    const struct request_keeper requests = requests_of(context);
    return take_out_keeper_take(&requests, who, fields, ret_answer, ret_why);
}

int request_face_bring_back(void *context, const struct bus_person *who, const char *number,
                            json_object *fields, json_object **ret_answer, char **ret_why)
{
    const struct request_keeper requests = requests_of(context);
    return take_out_keeper_bring_back(&requests, who, number, fields, ret_answer, ret_why);
}
