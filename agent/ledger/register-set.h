// SPDX-License-Identifier: GPL-3.0-or-later
// What a series of rows leaves in one register. No file and no clock in here.
#pragma once

#include "fact/fact.h"
#include "policy/record.h"

#include <json-c/json.h>

// What a register is of. An entry's functions are those of its own module.
struct register_kind {
    const char *name;                // "approvals": in statements, and its table in registers.db
    const enum fact_kind *granted;   // rows of these kinds add an entry; ended by FACT_KIND_MAX
    enum fact_kind ended;            // one of this kind ends it; FACT_KIND_MAX: none does
    const enum fact_kind *ended_too; // or of these, up to FACT_KIND_MAX; NULL: no others
    const enum fact_kind *revised; // rows of these say how an entry is from then on; NULL: none do
    size_t max;                    // entries
    // −EBADMSG for what the two below would not have written; −ENOENT: the row is not about one.
    int (*from_json)(const char *json, void **ret);
    int (*from_object)(json_object *object, void **ret);
    int (*to_object)(const void *entry, json_object **ret);
    uint64_t *(*number)(void *entry);
    // Does a new one take the place of one that was there? NULL: none does, and there may be two
    // alike.
    bool (*replaces)(const void *entry, const void *old);
    void (*free)(void *entry);
    // NULL: an entry that has ended leaves the register. Otherwise it stays as the row of its end
    // says, and of those that are over the oldest makes room for a new one.
    bool (*is_over)(const void *entry);
    const char *(*register_of)(const void *entry); // which it says it is of; NULL: it does not
};

// Their order in lists of all. A further one is a word here and a row in register-kinds.c.
enum register_index {
    REGISTER_APPROVALS,
    REGISTER_PERMITS,
    REGISTER_FINDINGS,
    REGISTER_OPERATORS,
    REGISTER_REQUESTS,
    REGISTER_RECORDS, // the first of those in policy/records.def, in that order
    REGISTER_INCIDENTS = (int)REGISTER_RECORDS + (int)RECORD_REGISTER_MAX,
    REGISTERS_N,
};
extern const struct register_kind *const register_kinds[REGISTERS_N];

struct register_list {
    void **items; // by number
    size_t n;
};

struct register_set {
    const struct register_kind *kind;
    struct register_list current;
    struct register_list stated; // what the statement under way has said so far
    uint64_t part, parts;        // of that statement; 0: none under way
    bool changed;                // since its owner last took note of it
};
void register_set_clear(struct register_set *set);

// Is it a kind of row that register_set_apply() knows?
bool register_set_knows(const struct register_set *set, enum fact_kind kind);
// One row. −EBADMSG, −ENOSPC: it is left out; −ENOMEM.
must_check int register_set_apply(struct register_set *set, enum fact_kind kind,
                                  const char *details, uint64_t sequence);

// The details of one register.stated row; `part` counts from 1 to register_set_parts().
size_t register_set_parts(const struct register_set *set);
must_check int register_set_state(const struct register_set *set, size_t part, char **ret);
