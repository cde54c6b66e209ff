// SPDX-License-Identifier: GPL-3.0-or-later
// The registers: a projection of the ledger's rows in registers.db, rebuilt when it differs. The
// rows are the truth.
//
// Rows that matter to them:
//   approval.granted  details: the approval as approval_to_json() writes it. Its number is the
//   row's
//                     sequence, whatever stands in the details. It replaces an older approval for
//                     the same device.
//   approval.ended    details: a JSON object whose "number" is that of the approval.
//   permit.granted, permit.ended
//                     the same with permits, as permit_to_json() writes them; none replaces
//                     another.
//   attestation.made, attestation.ended, visit.recorded, … (policy/records.def)
//                     the same with records, as record_to_json() writes them; none replaces
//                     another. One that has ended stays in its register as the row of its end says,
//                     with that number; in a full one the oldest that is over makes room for a new
//                     one.
//   operator.added, operator.changed, operator.trained, operator.removed
//                     the same with operators, as operator_to_json() writes them; one replaces that
//                     of the same login name which has not ended, and has its row's number. One
//                     that was removed stays, as a record that has ended does.
//   request.made, request.approved, request.refused, request.withdrawn
//                     the same with requests, as request_to_json() writes them; they stay like
//                     records. A request.approved without details accepts a keyboard.
//   incident.opened, incident.closed
//                     the same with incidents, as incident_to_json() writes them.
//                     incident.acknowledged, incident.noted, incident.reported, incident.overdue
//                     say how the incident is from then on. Those without "breach" are of an agent
//                     that kept no incidents.
//   antivirus.ok, antivirus.failed, storage.encrypted, storage.unencrypted, posture.ok,
//   posture.failed, finding.changed
//                     details as finding_row.h says; it replaces what was found by the same check
//                     before. Those without "check" are about something else.
//   register.stated   details: {"register":"approvals","part":1,"parts":1,"entries":[…]}; the
//                     entries are approvals (or, of "permits", permits) with their numbers,
//                     ascending, at most REGISTERS_ENTRIES_MAX a row. Once the last of the parts
//                     has come, the entries of all replace the register; until then, and if a part
//                     is missing or one of the rows above comes between them, nothing does. Each
//                     month starts with one such statement, so that no row of an older month is
//                     needed.
#pragma once

#include "fact/fact.h"
#include "policy/approval.h"
#include "policy/operator.h"
#include "policy/permit.h"
#include "policy/record.h"

#include <stdbool.h>
#include <stdint.h>

#define REGISTERS_FILE "registers.db"
#define REGISTERS_ENTRIES_MAX 100

struct registers;

// Replays the rows of all months in `state`/ledger, and writes `state`/registers.db anew where it
// does not say the same. *ret_differed: the file was there and held something else than its last
// row gives, named a row that never was, or was no register at all (the caller reports
// agent.tampered). A file that only lags behind is not a difference: the power may have gone
// between row and file. `state` and `state_path` name the same folder.
must_check int registers_open(int state, const char *state_path, struct registers **ret,
                              bool *ret_differed);
void registers_close(struct registers *registers);
DEFINE_CLEANUP(struct registers, registers_close)

// Applies one row that has become durable, in the order of sequences; kinds that matter to no
// register are ignored. −EBADMSG: its details can't be read, which grants and ends nothing;
// −ENOSPC: the register is full, the approval is not in force; −EIO: applied, but registers.db
// could not be written (it lags behind until the next row).
must_check int registers_apply(struct registers *registers, const struct fact *fact,
                               uint64_t sequence);

// Does a row of this kind change a register?
bool registers_know(const struct registers *registers, enum fact_kind kind);

// False: the ledger's rows could not be read for want of room or because of the disk; then nothing
// is approved. The same call at the next start may succeed.
bool registers_are_complete(const struct registers *registers);

// Approvals in force, ended ones left out, by number. Borrowed until the next apply.
struct approval *const *registers_approvals(const struct registers *registers, size_t *ret_n);
// The same with permits: those that are still to begin, too.
struct permit *const *registers_permits(const struct registers *registers, size_t *ret_n);
// The same with records, those that are over too.
struct record *const *registers_records(const struct registers *registers,
                                        enum record_register which, size_t *ret_n);
// The same with operators, those who have ended too.
struct operator_entry *const *registers_operators(const struct registers *registers, size_t *ret_n);
// The same with requests, those that are decided too.
struct request;
struct request *const *registers_requests(const struct registers *registers, size_t *ret_n);
// The same with incidents, closed ones too.
struct incident;
struct incident *const *registers_incidents(const struct registers *registers, size_t *ret_n);
// What each check found last. Borrowed until the next apply.
struct finding_row;
struct finding_row *const *registers_findings(const struct registers *registers, size_t *ret_n);
// Rows met since registers_open() began that registers_apply() would answer −EBADMSG or −ENOSPC
// for.
size_t registers_unreadable(const struct registers *registers);

// The details of the register.stated rows that restate all registers: calls `row` for each, in
// order, at least once a register. A negative answer of it ends this and is returned.
typedef int (*registers_visitor)(void *context, const char *name, const char *details);
must_check int registers_state(const struct registers *registers, registers_visitor row,
                               void *context);
