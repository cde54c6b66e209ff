// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the command "incident": what its files share.
#pragma once

#include "cli/cli.h"

#include <stdint.h>

// The number that is typed; CLI_USAGE after a message.
enum cli_exit incident_parse_number(const char *text, uint64_t *ret);
// The incident as the agent tells it; the caller puts it.
enum cli_exit incident_fetch(uint64_t number, json_object **ret);

// Rows of the ledger about it, the first and the newest: an array of {"sequence", "time_ns",
// "kind", "user", "text"}; *ret_left_out counts those between. `translated`: in the session's
// language. The caller puts it. −errno.
must_check int incident_read_rows(const char *state, json_object *incident, bool translated,
                                  json_object **ret, uint64_t *ret_left_out);

enum cli_exit incident_run_list(int argc, char *argv[], const struct cli_options *options);
enum cli_exit incident_run_show(int argc, char *argv[], const struct cli_options *options);
enum cli_exit incident_run_draft(int argc, char *argv[], const struct cli_options *options);

// Words for people.
const char *incident_breach_word(const char *breach);
const char *incident_state_word(const char *state);
