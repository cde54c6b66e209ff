// SPDX-License-Identifier: GPL-3.0-or-later
// Incidents: opened for violations and for what people report, answered, noted, reported to the
// city, closed. Clauses 6 (1) to (3), 3 (4).
//
// A violation's row is durable first; the row that opens its incident follows. Between the two the
// incident is still to be opened: after a crash the next start finds the violation without one.
// Violations of the same cause fold into it: they are counted from their own rows.
//
// Deadlines and reminders don't believe the wall clock alone: what is late by one of the clocks
// (two-clocks.h) is told as late, and once more when it is by both.
#pragma once

#include "daemon/alerts.h"
#include "daemon/incident-tally.h"
#include "daemon/recorder.h"
#include "ledger/ledger.h"
#include "ledger/registers.h"
#include "policy/policy.h"

#include <json-c/json.h>

struct bus_person;

struct incident_keeper_options {
    struct recorder *recorder;
    const struct registers *registers;
    const struct ledger *ledger;
    struct alerts *alerts;
    const struct policy *(*policy)(void *context); // NULL: none is in force
    void (*remind)(void *context, const struct alert *alert);
    void *context;
};

struct incident_keeper;
// Reads which incidents are open, and with them the unanswered alerts, from the ledger's folder.
must_check int incident_keeper_new(const struct incident_keeper_options *options,
                                   const char *folder, struct incident_keeper **ret);
void incident_keeper_free(struct incident_keeper *keeper);
DEFINE_CLEANUP(struct incident_keeper, incident_keeper_free)

// A row about this fact is durable, and the registers know it.
void incident_keeper_note(struct incident_keeper *keeper, uint64_t sequence,
                          const struct fact *fact);
// Opens what is to be opened, records deadlines that have passed, and reminds: at the start, each
// minute, and when the clock was set or another policy came.
void incident_keeper_settle(struct incident_keeper *keeper);

// The daemon ends: what is still to be opened is left to the next start.
void incident_keeper_end(struct incident_keeper *keeper);

// How many are open, and how many rows they count. False: the ledger could not be read, and no
// number is a claim.
bool incident_keeper_count(const struct incident_keeper *keeper, uint64_t *ret_open,
                           uint64_t *ret_rows);

// ---- The bus -----------------------------------------------------------------------------------
// *ret_why is a sentence on failure. `number`: of the incident.

// fields: kind, what (s), known_ns (t), on_purpose (b).
must_check int incident_keeper_open(struct incident_keeper *keeper, const struct bus_person *who,
                                    json_object *fields, json_object **ret_answer, char **ret_why);
// all: it may see those that concern others, too; so of incident_keeper_list() and _get().
must_check int incident_keeper_acknowledge(struct incident_keeper *keeper,
                                           const struct bus_person *who, bool all,
                                           const char *number, json_object **ret_answer,
                                           char **ret_why);
// The same by an alert and the newest row of it that was shown.
must_check int incident_keeper_answer(struct incident_keeper *keeper, const struct bus_person *who,
                                      const struct alert *alert, uint64_t sequence,
                                      json_object **ret_answer, char **ret_why);
must_check int incident_keeper_add_note(struct incident_keeper *keeper,
                                        const struct bus_person *who, const char *number,
                                        const char *text, json_object **ret_answer, char **ret_why);
// stage: "first", "final"; fields: reference (s), at_ns (t), on_purpose (b).
must_check int incident_keeper_report(struct incident_keeper *keeper, const struct bus_person *who,
                                      const char *number, const char *stage, json_object *fields,
                                      json_object **ret_answer, char **ret_why);
// fields: cause, measure (s), no_report (s): why the city gets no final report.
must_check int incident_keeper_close(struct incident_keeper *keeper, const struct bus_person *who,
                                     const char *number, json_object *fields,
                                     json_object **ret_answer, char **ret_why);

// Those that the person may see: `all` or own ones. `since`: numbers above only.
must_check int incident_keeper_list(const struct incident_keeper *keeper,
                                    const struct bus_person *who, bool all, uint64_t since,
                                    json_object **ret_answer);
must_check int incident_keeper_get(const struct incident_keeper *keeper,
                                   const struct bus_person *who, bool all, uint64_t number,
                                   json_object **ret_answer, char **ret_why);
