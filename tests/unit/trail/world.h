// SPDX-License-Identifier: GPL-3.0-or-later
// A trail with three persons, and a ledger that is an array.
#pragma once

#include "base/text.h"
#include "trail/trail.h"

#define TEST_BOOT "0123456789abcdef0123456789abcdef"
#define OTHER_BOOT "fedcba9876543210fedcba9876543210"
#define BOOT_NS (UINT64_C(1795000000) * NS_PER_S)   // the boot began
#define T0 (BOOT_NS + 1000 * NS_PER_S)              // where the tests begin
#define AT(s) (T0 + (uint64_t)(int64_t)(1e9 * (s))) // so many seconds later
#define FOLD (5 * NS_PER_S)

struct world {
    struct trail *trail;
    struct trail_rows rows; // all that are recorded, and those that are not yet
    size_t recorded;        // rows of them; the sequence of rows.items[i] is i + 1
    size_t checkpoint;      // index of the newest recorded one, + 1; 0: none
    uint64_t place;         // offset of that
};

void world_begin(struct world *world, uint64_t fold_ns);
void world_end(struct world *world);
void world_boot(struct world *world, const char *boot, uint64_t began_ns);
void world_take(struct world *world, const struct audit_event *event);
void world_settle(struct world *world, uint64_t wall_ns);
// Rows and checkpoint become durable.
void world_record(struct world *world, uint64_t place);
// All that is not durable is gone; a new trail goes on. Answers the checkpoint's place.
uint64_t world_kill(struct world *world);

// The n-th row, from 0, and that there is one.
const struct fact *world_row(const struct world *world, size_t n);
// "kind object outcome details" of that row, "" for none.
const char *world_told(const struct world *world, size_t n);
void expect_told(const struct world *world, size_t n, const char *expected);

// Events of tanaka (1001) in session 3, process 50; texts are borrowed.
struct audit_event file_event(enum audit_act act, double s, const char *path);
struct audit_event rename_event(double s, const char *path, const char *to);
struct audit_event login_event(enum audit_act act, double s, const char *service);
struct audit_event audit_event_of(enum audit_act act, double s);
