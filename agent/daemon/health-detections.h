// SPDX-License-Identifier: GPL-3.0-or-later
// What an antivirus found becomes a row, once each: its logs are read anew with every look.
#pragma once

#include "daemon/recorder.h"

#include <json-c/json.h>

struct detections;

// `ledger`: folder of the months, where those that were told stand. One that can't be read is said
// in the journal; then some are told twice.
must_check int detections_new(const char *ledger, struct recorder *recorder,
                              struct detections **ret);
void detections_free(struct detections *detections);
DEFINE_CLEANUP(struct detections, detections_free)

// `facts`: what `health antivirus` saw.
void detections_note(struct detections *detections, json_object *facts, uint64_t now_ns);
