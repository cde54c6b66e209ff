// SPDX-License-Identifier: GPL-3.0-or-later
// What a look at the machine's set-up found (seen.antivirus, seen.storage, seen.posture): the
// document that `health` printed, or why there is none.
#pragma once

#include "fact/fact.h"

#include <json-c/json.h>

// Puts it; `facts` is borrowed. NULL: `why` says why not.
must_check int look_put(const struct fact_sink *sink, enum fact_kind kind, json_object *facts,
                        const char *why);

struct look_found {
    json_object *facts; // NULL: nothing was found out. Owned
    char *why;          // why not. Owned
};
must_check int look_read(const struct fact *fact, struct look_found *ret);
void look_found_clear(struct look_found *found);
