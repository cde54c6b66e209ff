// SPDX-License-Identifier: GPL-3.0-or-later
// Is what happens recorded by the kernel and written by auditd? Samples both and records what was
// not: agent.gap with a lower bound of what was lost.
#pragma once

#include "daemon/audit-memory.h"
#include "daemon/options.h"
#include "daemon/recorder.h"
#include "enforce/audit.h"

#include <systemd/sd-event.h>

struct audit_health_options {
    sd_event *event;
    const struct places *places;
    struct recorder *recorder;
    struct audit_memory *memory;    // the caller writes it
    void (*changed)(void *context); // auditd has ended: take another sample soon
    void *context;
};

struct audit_health;

must_check int audit_health_new(const struct audit_health_options *options,
                                struct audit_health **ret);
void audit_health_free(struct audit_health *health);
DEFINE_CLEANUP(struct audit_health, audit_health_free)

// Takes a sample of the kernel: records what it shows, and switches auditing on again. −errno: the
// kernel can't be asked.
must_check int audit_health_sample(struct audit_health *health, struct audit_state *ret);
// Why logins and file access are not recorded now (the cause of an agent.gap), and since when;
// NULL: nothing is known against it.
const char *audit_health_trouble(const struct audit_health *health, uint64_t *ret_since_ns);
// auditd is not there: another sample is worth while within a second.
bool audit_health_is_waiting(const struct audit_health *health);
