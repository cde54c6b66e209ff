// SPDX-License-Identifier: GPL-3.0-or-later
// What a row ledger.pruned says: where the months ended that are gone. FORMAT.md section 10.
#pragma once

#include "base/digest.h"
#include "base/moment.h"
#include "base/util.h"

#include <json-c/json.h>

struct pruned {
    char month[MONTH_TEXT_SIZE];
    uint64_t first, last; // rows of that month
    uint8_t head[DIGEST_SIZE];
    char contract_end[DAY_TEXT_SIZE]; // last day, as the policy had it
    char today[DAY_TEXT_SIZE];        // as the person stated it; "" if nobody was asked
};

// The caller puts it. −ENOMEM.
must_check int pruned_to_object(const struct pruned *pruned, json_object **ret);
// −EBADMSG for any text that pruned_to_object() would not have written, byte by byte.
must_check int pruned_from_json(const char *text, struct pruned *ret);
