// SPDX-License-Identifier: GPL-3.0-or-later
// The agent's connection to the system bus. All that hangs on a connection (its name, its methods,
// logind's lock) goes with it, so an agent whose bus has ended, or comes late, starts anew.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

// Connects and hangs it into the loop, which ends with −ENOTCONN when the bus does. *ret is NULL
// where there is no bus, which is no error.
must_check int bus_link_open(sd_event *event, sd_bus **ret);

// Is there a bus that answers?
bool bus_link_is_there(void);
