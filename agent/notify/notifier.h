// SPDX-License-Identifier: GPL-3.0-or-later
// Where the agent's alerts, the board and the desktop meet.
#pragma once

#include "base/util.h"

#include <systemd/sd-bus.h>

struct notifier;
// `folder`: the session's runtime folder. Buses are attached to `event` by the caller; all is
// borrowed.
must_check int notifier_new(sd_event *event, sd_bus *system, sd_bus *session, int folder,
                            struct notifier **ret);
void notifier_free(struct notifier *notifier);
DEFINE_CLEANUP(struct notifier, notifier_free)
