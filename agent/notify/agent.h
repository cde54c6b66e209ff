// SPDX-License-Identifier: GPL-3.0-or-later
// The agent as the notifier sees it: which alerts are unanswered, told at once when that changes.
// Anybody on the system bus can send a signal: only those of the process that owns the agent's name
// count, and only if that runs as root. What an alert says is always asked of the agent.
#pragma once

#include "base/json.h"

#include <systemd/sd-bus.h>

struct agent_events {
    void (*listed)(void *context, json_object *list); // borrowed: ListAlerts, all
    void (*answered)(void *context, const char *cause, int error);
    // why: the agent's sentence; NULL: it was made
    void (*asked)(void *context, const char *cause, const char *why);
    // Of a decision: why is the agent's sentence; NULL: it is recorded
    void (*decided)(void *context, const char *cause, const char *why);
    void (*unlocked)(void *context); // a screen was unlocked: logind says so
    void *context;
};

struct agent_link;
// `bus`: the system's, attached to `event` by the caller. All are borrowed.
must_check int agent_link_new(sd_bus *bus, sd_event *event, const struct agent_events *events,
                              struct agent_link **ret);
void agent_link_free(struct agent_link *link);
DEFINE_CLEANUP(struct agent_link, agent_link_free)

// Asks for the list, soon: at most twice a second, whatever happens.
void agent_link_refresh(struct agent_link *link);
// Records that the person of this session has seen the alert; `answered` tells how that went. One
// at a time: −EBUSY.
must_check int agent_link_answer(struct agent_link *link, const char *cause, uint64_t sequence);
// Makes a request for a device (the agent's MakeRequest), in the name of the person of this
// session; `asked` tells how that went. One at a time: −EBUSY. `cause`: of the alert that led to
// it.
must_check int agent_link_ask(struct agent_link *link, const char *cause, json_object *terms);
// Approves or refuses a request as `sekisho request` does, in the name of the person of this
// session, who may be asked for a password; `decided` tells how that went. One at a time: −EBUSY.
must_check int agent_link_decide(struct agent_link *link, const char *cause, uint64_t number,
                                 bool approve);
