// SPDX-License-Identifier: GPL-3.0-or-later
// The part of summary that knows the items.
#pragma once

#include "base/json.h"
#include "policy/policy.h"
#include "report/items.h"

// Adds "items", "findings", "results", "usage" and "registers". `policy` may be NULL. −ENOMEM.
must_check int summary_add_items(json_object *document, const struct item_sources *sources,
                                 const struct policy *policy);
