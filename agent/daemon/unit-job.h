// SPDX-License-Identifier: GPL-3.0-or-later
// Starts a oneshot unit through systemd and tells how it ended: what needs more rights or time than
// the daemon has.
#pragma once

#include "base/util.h"

#include <systemd/sd-bus.h>

struct unit_job;

// error: 0 when the unit did its work; −EIO when it failed; −errno when it could not be started.
// Called once, and not by unit_job_start() itself, unless the job is freed before.
typedef void (*unit_job_done)(void *context, int error);

must_check int unit_job_start(sd_bus *bus, const char *unit, unit_job_done done, void *context,
                              struct unit_job **ret);
void unit_job_free(struct unit_job *job);
DEFINE_CLEANUP(struct unit_job, unit_job_free)
