// SPDX-License-Identifier: GPL-3.0-or-later
// What the bus answers about alerts, by who asks (bus_handlers; the context is the agent).
#pragma once

#include "bus/bus.h"

must_check int alert_face_get(void *context, const struct bus_person *who, uint64_t sequence,
                              json_object **ret_answer, char **ret_why);
must_check int alert_face_list(void *context, const struct bus_person *who, uint64_t since,
                               json_object **ret_answer, char **ret_why);
must_check int alert_face_acknowledge(void *context, const struct bus_person *who,
                                      uint64_t sequence, json_object **ret_answer, char **ret_why);
