// SPDX-License-Identifier: GPL-3.0-or-later
// Requests that wait for a decision, as alerts of those who may decide them. They follow from the
// register, so that none is lost by a restart and none stands that was decided or has run out.
#pragma once

#include "daemon/request-keeper.h"

#include <json-c/json.h>

// Adds those that `who`, an administrator, may decide to `list` (the bus's ListAlerts): not the own
// ones. The oldest; others follow as these are decided. `since`: greater numbers only.
must_check int request_waiting_list(const struct request_keeper *keeper,
                                    const struct bus_person *who, uint64_t since,
                                    json_object *list);
