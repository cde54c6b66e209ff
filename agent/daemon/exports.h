// SPDX-License-Identifier: GPL-3.0-or-later
// Which months have left this workstation as a package. Clauses 5 (6), 5 (11).
#pragma once

#include "base/util.h"

#include <json-c/json.h>

// A key for each month below `state`/ledger that is over and was never exported whole, as rows of
// any month say. −errno. The caller puts it.
must_check int exports_list_missing(const char *state, json_object **ret);
