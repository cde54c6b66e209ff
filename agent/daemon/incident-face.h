// SPDX-License-Identifier: GPL-3.0-or-later
// The bus's methods about incidents; context: struct agent.
#pragma once

#include "bus/bus.h"

int incident_face_open(void *context, const struct bus_person *who, json_object *fields,
                       json_object **ret_answer, char **ret_why);
int incident_face_acknowledge(void *context, const struct bus_person *who, const char *number,
                              json_object **ret_answer, char **ret_why);
int incident_face_note(void *context, const struct bus_person *who, const char *number,
                       const char *text, json_object **ret_answer, char **ret_why);
int incident_face_report(void *context, const struct bus_person *who, const char *number,
                         const char *stage, json_object *fields, json_object **ret_answer,
                         char **ret_why);
int incident_face_close(void *context, const struct bus_person *who, const char *number,
                        json_object *fields, json_object **ret_answer, char **ret_why);
int incident_face_list(void *context, const struct bus_person *who, uint64_t since,
                       json_object **ret_answer, char **ret_why);
int incident_face_get(void *context, const struct bus_person *who, uint64_t number,
                      json_object **ret_answer, char **ret_why);
