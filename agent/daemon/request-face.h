// SPDX-License-Identifier: GPL-3.0-or-later
// What the bus asks about requests and take-outs, handed to their keepers. `context` is the agent.
#pragma once

#include "bus/bus.h"

struct agent;
// Each minute, and at the start: what is half recorded, and what is overdue.
void request_face_settle(struct agent *agent);

// Those that wait for this person's decision, added to `list` as alerts.
must_check int request_face_add_waiting(struct agent *agent, const struct bus_person *who,
                                        uint64_t since, json_object *list);

// See take_out_keeper_enter_export().
must_check int request_face_enter_export(struct agent *agent, const struct bus_person *who,
                                         const char *package, json_object *details,
                                         uint64_t *ret_number, char **ret_why);

must_check int request_face_make(void *context, const struct bus_person *who, const char *what,
                                 json_object *terms, json_object **ret_answer, char **ret_why);
must_check int request_face_approve(void *context, const struct bus_person *who, const char *number,
                                    json_object *options, json_object **ret_answer, char **ret_why);
must_check int request_face_refuse(void *context, const struct bus_person *who, const char *number,
                                   const char *reason, json_object **ret_answer, char **ret_why);
must_check int request_face_withdraw(void *context, const struct bus_person *who,
                                     const char *number, json_object **ret_answer, char **ret_why);
must_check int request_face_list(void *context, const struct bus_person *who, uint64_t number,
                                 json_object **ret_answer, char **ret_why);
must_check int request_face_take_out(void *context, const struct bus_person *who,
                                     json_object *fields, json_object **ret_answer, char **ret_why);
must_check int request_face_bring_back(void *context, const struct bus_person *who,
                                       const char *number, json_object *fields,
                                       json_object **ret_answer, char **ret_why);
