// SPDX-License-Identifier: GPL-3.0-or-later
// Answers pam_sekisho(8) at /run/sekisho/pam.sock, from memory: each login waits for it. Whoever is
// not root may ask about themselves only, and can never take root's places. Refusals are rows.
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"
#include "daemon/roster-keeper.h"
#include "ledger/ledger.h"

#include <systemd/sd-event.h>

struct pam_gate;

struct pam_gate_options {
    sd_event *event;
    const struct places *places;
    struct recorder *recorder;
    const struct ledger *ledger;
    const struct roster_keeper *roster;
};

must_check int pam_gate_new(const struct pam_gate_options *options, struct pam_gate **ret);
void pam_gate_free(struct pam_gate *gate);
DEFINE_CLEANUP(struct pam_gate, pam_gate_free)

// Was this login refused here, so that its row is there already? For the trail, which reads of it
// once more in the audit log. `pid`: of the process that ran PAM.
bool pam_gate_has_refused(const struct pam_gate *gate, uint32_t pid, const char *account,
                          uint64_t wall_ns);
