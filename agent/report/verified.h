// SPDX-License-Identifier: GPL-3.0-or-later
// The result of a verification as a document: of the report, and of `sekisho verify --json`.
#pragma once

#include "base/json.h"
#include "ledger/verify.h"

// "whole", "open-end", "broken".
const char *verified_outcome_to_str(enum verify_outcome outcome);
// "1204-9f3a-77c0", of the last row.
void verified_head_code(const struct verify_result *result, char ret[40]);
// Adds outcome, epoch, sealed, rows, first, last, anchored, head, code and faults to `object`.
void verified_add(json_object *object, const struct verify_result *result);
