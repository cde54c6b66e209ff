// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the parts of the agent in their order: each may use those before it.
#pragma once

#include "daemon/agent.h"
#include "daemon/enrol-keeper.h"

// Everything up to where decisions can be made: bus, ledger, registers, gate, guards; records the
// start. On failure what was built is left to agent_stop().
must_check int build_agent(struct agent *agent);
// What lets facts and calls in, once the agent can answer them.
must_check int build_watches(struct agent *agent);
// Made for each call: it keeps nothing.
struct enrol_keeper build_enrol_keeper(const struct agent *agent);
must_check int build_bus_server(struct agent *agent);
must_check int build_sleep_keeper(struct agent *agent, void (*woken)(void *context));
