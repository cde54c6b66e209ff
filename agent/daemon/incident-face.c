// SPDX-License-Identifier: GPL-3.0-or-later
// Passes calls about incidents on, with what the caller may see.
#include "daemon/incident-face.h"

#include "daemon/agent.h"
#include "daemon/person.h"

static bool sees_all(const struct agent *agent, const struct bus_person *who)
{
    return person_may_see_others(who, policy_store_get(agent->policy));
}

int incident_face_open(void *context, const struct bus_person *who, json_object *fields,
                       json_object **ret_answer, char **ret_why)
{
    struct agent *agent = context;
    return incident_keeper_open(agent->incidents, who, fields, ret_answer, ret_why);
}

int incident_face_acknowledge(void *context, const struct bus_person *who, const char *number,
                              json_object **ret_answer, char **ret_why)
{
    struct agent *agent = context;
    return incident_keeper_acknowledge(agent->incidents, who, sees_all(agent, who), number,
                                       ret_answer, ret_why);
}

int incident_face_note(void *context, const struct bus_person *who, const char *number,
                       const char *text, json_object **ret_answer, char **ret_why)
{
    struct agent *agent = context;
    return incident_keeper_add_note(agent->incidents, who, number, text, ret_answer, ret_why);
}

int incident_face_report(void *context, const struct bus_person *who, const char *number,
                         const char *stage, json_object *fields, json_object **ret_answer,
                         char **ret_why)
{
    struct agent *agent = context;
    return incident_keeper_report(agent->incidents, who, number, stage, fields, ret_answer,
                                  ret_why);
}

int incident_face_close(void *context, const struct bus_person *who, const char *number,
                        json_object *fields, json_object **ret_answer, char **ret_why)
{
    struct agent *agent = context;
    return incident_keeper_close(agent->incidents, who, number, fields, ret_answer, ret_why);
}

int incident_face_list(void *context, const struct bus_person *who, uint64_t since,
                       json_object **ret_answer, char **ret_why)
{
    struct agent *agent = context;
    (void)ret_why;
    return incident_keeper_list(agent->incidents, who, sees_all(agent, who), since, ret_answer);
}

int incident_face_get(void *context, const struct bus_person *who, uint64_t number,
                      json_object **ret_answer, char **ret_why)
{
    struct agent *agent = context;
    return incident_keeper_get(agent->incidents, who, sees_all(agent, who), number, ret_answer,
                               ret_why);
}
