// SPDX-License-Identifier: GPL-3.0-or-later
// All watches as one: started, asked for a snapshot, stopped.
#pragma once

#include "watch/watch.h"

struct watches;

must_check int watches_start(const struct watch_context *context, struct watches **ret);
void watches_stop(struct watches *watches);
DEFINE_CLEANUP(struct watches, watches_stop)

// Every watch puts its present state; the first error is returned, the others go on.
must_check int watches_snapshot(struct watches *watches);
// The state of one watch.
void *watches_state(const struct watches *watches, const struct watch *watch);
