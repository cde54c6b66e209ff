// SPDX-License-Identifier: GPL-3.0-or-later
// A workstation of its own for each test of the ledger: a state folder that goes with the test, and
// a clock that stands still until it is moved.
#pragma once

#include "ledger/ledger.h"
#include "ledger/verify.h"

#include <sqlite3.h>
#include <stdatomic.h>

struct world {
    char path[64];
    int state;
    atomic_uint_least64_t wall_ns;
    void (*step)(struct world *world, const char *name); // called at each durable step; NULL: not
    unsigned copies;
};

// Time zone Asia/Tokyo, 2026-11-10T09:00:00+09:00.
void world_begin(struct world *world);
void world_end(struct world *world);
struct ledger_options world_options(struct world *world);
struct ledger *world_open(struct world *world);
void world_go_to(struct world *world, const char *time); // as moment_parse()

// "object N", everything else as for the kind.
struct fact *world_fact(struct world *world, enum fact_kind kind, unsigned n);
// `n` facts, waited for.
void world_write(struct world *world, struct ledger *ledger, enum fact_kind kind, unsigned n);
// The ledger that most tests look at: October to December 2026, 20 facts in each.
void world_write_three_months(struct world *world);

// Free the text.
char *world_file(const struct world *world, const char *name);
// Copies the state folder to PATH/copy.N and returns N.
unsigned world_copy(struct world *world);
// Runs SQL in a monthly file, behind the ledger's back.
void world_tamper(const struct world *world, const char *month, const char *sql);
// Writes the mark that a changed row would have to have.
void world_mend_mark(const struct world *world, const char *month, uint64_t row);
int64_t world_number(const struct world *world, const char *month, const char *sql);

// Verifies all monthly files below `folder` (NULL: the world's own).
struct verify_result world_verify(const struct world *world, const char *folder,
                                  const struct verify_witness *witness);
// Broken, and some fault says exactly `what`.
void world_expect_fault(const struct world *world, const struct verify_witness *witness,
                        const char *what);
void world_expect_unbroken(const struct world *world, const char *folder);
