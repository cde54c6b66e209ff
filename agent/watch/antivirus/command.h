// SPDX-License-Identifier: GPL-3.0-or-later
// What a product's own command says of it, as JSON.
#pragma once

#include "base/util.h"

#include <json-c/json.h>

// Runs `words` (ended by NULL; the first is a path) without environment. −ETIMEDOUT after 10 s;
// −EFBIG; −EPROTO: it failed; −EBADMSG: that is not one JSON object. The caller puts the answer.
must_check int command_ask(char *const words[], json_object **ret);

// "realTimeProtectionEnabled.value" in it; NULL: nothing there. Borrowed.
json_object *command_field(json_object *answer, const char *path);
