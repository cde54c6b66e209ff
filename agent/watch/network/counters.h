// SPDX-License-Identifier: GPL-3.0-or-later
// Inside watch_network: the firewall's own counters, which count every packet that it stops.
#pragma once

#include "base/util.h"

#include <stdint.h>

// The sum of all counters of our tables in this network namespace; 0 if there are none. −errno.
must_check int counters_read(uint64_t *ret_packets);
