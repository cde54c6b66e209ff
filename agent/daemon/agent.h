// SPDX-License-Identifier: GPL-3.0-or-later
// The agent: where the parts meet. Each field is a module; this file's functions only pass things
// on.
#pragma once

#include "bus/bus.h"
#include "daemon/alerts.h"
#include "daemon/audit-keeper.h"
#include "daemon/boot-keeper.h"
#include "daemon/erase-keeper.h"
#include "daemon/gate-keeper.h"
#include "daemon/health-keeper.h"
#include "daemon/incident-keeper.h"
#include "daemon/medium-guard.h"
#include "daemon/metrics-file.h"
#include "daemon/mode-keeper.h"
#include "daemon/network-guard.h"
#include "daemon/options.h"
#include "daemon/pam-gate.h"
#include "daemon/permit-keeper.h"
#include "daemon/policy-store.h"
#include "daemon/recorder.h"
#include "daemon/roster-keeper.h"
#include "daemon/sleep-keeper.h"
#include "daemon/terminals.h"
#include "daemon/trail-keeper.h"
#include "daemon/usb-guard.h"
#include "ledger/ledger.h"
#include "ledger/registers.h"

struct watches;

struct agent {
    const struct options *options;
    struct places places;
    sd_event *event;
    sd_bus *bus; // NULL in a run without a system bus
    struct ledger *ledger;
    struct registers *registers;
    struct recorder *recorder;
    struct policy_store *policy;
    struct gate_keeper *gate;
    struct mode_keeper *mode;
    struct boot_keeper *boot;
    struct usb_guard *usb;
    struct medium_guard *media;
    struct permit_keeper *permits;
    struct network_guard *network;
    struct audit_keeper *audit;
    struct trail_keeper *trail;
    struct health_keeper *health;
    struct watches *watches;
    struct sleep_keeper *sleep;
    struct bus_server *server;
    struct incident_keeper *incidents;
    struct metrics_file metrics;
    struct alerts *alerts;
    struct terminals *terminals;
    struct roster_keeper *roster;
    struct pam_gate *pam;
    struct erase_pace erasing;
    struct moment begun;
    int ended; // what the loop ended with: 0 or −errno
    int alive; // the lock that says that the daemon lives
};

// Builds everything, decides on what is there, and is ready when it returns. `agent` is zeroed by
// the caller.
must_check int agent_start(struct agent *agent, const struct options *options);
must_check int agent_run(struct agent *agent);
// Records the stop, seals, and leaves the gate as it is: shut.
void agent_stop(struct agent *agent);

extern const struct bus_handlers agent_face; // context: struct agent
