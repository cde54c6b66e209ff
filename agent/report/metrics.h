// SPDX-License-Identifier: GPL-3.0-or-later
// The agent's status as Prometheus's text format (exposition format 0.0.4), for the textfile
// collector of node_exporter. Pure.
#pragma once

#include "base/util.h"

#include <json-c/json.h>

// `status`: what the agent answers (Status). Nobody's name, no path and no device is in it. The
// caller frees the text. −ENOMEM.
must_check int metrics_from_status(json_object *status, char **ret);
// What is left behind by an agent that ends: that it does not run.
must_check int metrics_of_stopped(char **ret);
