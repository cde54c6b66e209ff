// SPDX-License-Identifier: GPL-3.0-or-later
// The registers that people keep: what the bus adds, ends and lists. Each change is a durable row
// with its person first, and the registers follow from the rows.
#pragma once

#include "daemon/recorder.h"
#include "ledger/ledger.h"
#include "ledger/registers.h"

#include <json-c/json.h>

struct bus_person;

struct record_keeper {
    struct recorder *recorder;
    const struct registers *registers;
    const struct ledger *ledger;
    const char *state; // the agent's folder
};

// The bus's AddRecord, EndRecord and ListRecords; *ret_why is a sentence on failure. `name`: of the
// register; for the list also "" for all. `number`: of the row that added the entry.
must_check int record_keeper_add(const struct record_keeper *keeper, const struct bus_person *who,
                                 const char *name, json_object *fields, json_object **ret_answer,
                                 char **ret_why);
must_check int record_keeper_end(const struct record_keeper *keeper, const struct bus_person *who,
                                 const char *name, const char *number, json_object *fields,
                                 json_object **ret_answer, char **ret_why);
must_check int record_keeper_list(const struct record_keeper *keeper, const char *name,
                                  json_object **ret_answer, char **ret_why);

// For keepers of single registers. A new entry of this person, made now; has the register room for
// it? And its row, durable, and the number of that; takes nothing over.
must_check int record_keeper_begin(enum record_register which, const struct bus_person *who,
                                   struct record **ret);
bool record_keeper_has_room(const struct record_keeper *keeper, enum record_register which);
must_check int record_keeper_put(const struct record_keeper *keeper, const struct bus_person *who,
                                 enum fact_kind kind, const struct record *record,
                                 const char *outcome, uint64_t *ret_sequence, char **ret_why);
