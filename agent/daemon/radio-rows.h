// SPDX-License-Identifier: GPL-3.0-or-later
// How a verdict on a radio reads as a row. All are NULL on lack of memory.
#pragma once

#include "decision/network.h"
#include "fact/fact.h"

// network.changed.
struct fact *radio_row(const struct radio *radio, const struct radio_verdict *verdict,
                       const char *outcome);
// airgap.broken, and airgap.restored with how long it was.
struct fact *radio_row_broken(const struct radio *radio, const struct radio_verdict *verdict,
                              const struct moment *since, const char *outcome);
struct fact *radio_row_restored(const struct radio *radio, const struct moment *since);
// network.changed for what has no rows of its own; among it so many breaches, each of which ended.
struct fact *radio_row_folded(uint64_t changes, uint64_t breaches);

struct json_object;
// What people and exports want to know of a radio.
struct json_object *radio_to_json(const struct radio *radio);
void radio_verdict_to_json(const struct radio_verdict *verdict, struct json_object *object);
