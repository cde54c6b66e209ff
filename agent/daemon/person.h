// SPDX-License-Identifier: GPL-3.0-or-later
// Who did it: the audit login behind a bus call or a signal, written into a fact.
#pragma once

#include "bus/bus.h"
#include "daemon/recorder.h"
#include "fact/fact.h"
#include "policy/policy.h"

#include <stdbool.h>

// Fills in uid, user, session, pid and exe; what lacks memory stays empty.
void person_sign(struct fact *fact, const struct bus_person *who);

// A row that this person asks for: signed, and durable when this returns. Takes over `row`, also on
// failure, of which *ret_why is a sentence; NULL is lack of memory.
must_check int person_record(const struct bus_person *who, struct recorder *recorder,
                             struct fact *row, uint64_t *ret_sequence, char **ret_why);

// The audit login of process `pid` by /proc. *ret_name is owned by the caller (NULL if the uid has
// none).
must_check int person_of_process(int proc, uint32_t pid, uint32_t *ret_uid, char **ret_name);

// Is this person a member of the group, as the name services know it?
bool person_is_in_group(const struct bus_person *who, const char *group);

// Does the person's session stand on a seat of this machine, in front, and not come from elsewhere?
// Whoever types there has a keyboard that works.
bool person_sits_at_the_machine(const struct bus_person *who);

// Is it an administrator: root, or one whom the policy names (posture.administrators)? `policy`:
// NULL if none is in force.
bool person_is_administrator(const struct bus_person *who, const struct policy *policy);
// May it see what concerns others, too: an administrator, or of the group that reads the ledger?
// The one answer for alerts, incidents, requests and registers.
bool person_may_see_others(const struct bus_person *who, const struct policy *policy);
