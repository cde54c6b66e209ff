// SPDX-License-Identifier: GPL-3.0-or-later
// The status as a file for node_exporter, where the policy names one: written anew each minute.
#pragma once

#include "base/util.h"

#include <json-c/json.h>
#include <stdbool.h>

// NULL for `path`: none is wanted. What can't be written is said once in the journal, and tried
// again with the next call.
struct metrics_file {
    bool failed; // and that was said
};
void metrics_file_write(struct metrics_file *file, const char *path, json_object *status);
// At the agent's end.
void metrics_file_stop(const char *path);
