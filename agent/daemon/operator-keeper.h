// SPDX-License-Identifier: GPL-3.0-or-later
// The register of operators: what the bus adds, changes, ends and lists. Each change is a durable
// row with its person first, and register and roster follow from the rows. Clauses 3 (2), 3 (3).
#pragma once

#include "daemon/policy-store.h"
#include "daemon/recorder.h"
#include "ledger/ledger.h"
#include "ledger/registers.h"

#include <json-c/json.h>

struct bus_person;

struct operator_keeper {
    struct recorder *recorder;
    const struct registers *registers;
    const struct policy_store *policy;
    void (*changed)(void *context); // the register is another one
    void *context;
};

// The bus's methods of these names; *ret_why is a sentence on failure. `login`: name of the
// account.
must_check int operator_keeper_add(const struct operator_keeper *keeper,
                                   const struct bus_person *who, const char *login,
                                   json_object *terms, json_object **ret_answer, char **ret_why);
// from_ns, until_ns, folders: those that are there replace what was said before.
must_check int operator_keeper_change(const struct operator_keeper *keeper,
                                      const struct bus_person *who, const char *login,
                                      json_object *terms, json_object **ret_answer, char **ret_why);
must_check int operator_keeper_train(const struct operator_keeper *keeper,
                                     const struct bus_person *who, const char *login,
                                     json_object *terms, json_object **ret_answer, char **ret_why);
must_check int operator_keeper_remove(const struct operator_keeper *keeper,
                                      const struct bus_person *who, const char *login,
                                      json_object *terms, json_object **ret_answer, char **ret_why);
// An array: each as operator_to_object() has it, with "state" (operator_standing_to_str()),
// "overdue_ns" and "untrained_ns" where training is asked for, and "account": "there", "missing" or
// "changed" (another number stands behind the name now). Those who were removed, too.
must_check int operator_keeper_list(const struct operator_keeper *keeper, json_object **ret_answer);

// Is this person registered, not ended, and named for this folder? And is anybody named for it?
bool operator_keeper_handles(const struct registers *registers, const char *login,
                             const char *folder, bool *ret_anybody);
