// SPDX-License-Identifier: GPL-3.0-or-later
// From verdicts to durable rows: hands facts to the ledger, and once a row is on disk updates the
// registers, sends it to the systemd journal, alerts, and tells whoever waits for it.
#pragma once

#include "fact/fact.h"
#include "ledger/ledger.h"
#include "ledger/registers.h"

#include <systemd/sd-event.h>

struct recorder;

// Told once: sequence of the durable row, or 0 and why it could not be written.
typedef void (*recorder_done)(void *context, uint64_t sequence, int error);

struct recorder_options {
    sd_event *event;
    struct ledger *ledger;
    struct registers *registers;
    const char *journal; // path of journald's socket
    void (*recorded)(void *context, uint64_t sequence, const struct fact *fact); // it is durable
    // a new month's file has begun with this row, and none is on its way
    void (*month)(void *context, uint64_t first);
    void (*answered)(void *context); // the ledger wrote, or can or can't be written now
    void *context;
};

must_check int recorder_new(const struct recorder_options *options, struct recorder **ret);
void recorder_free(struct recorder *recorder);
DEFINE_CLEANUP(struct recorder, recorder_free)

// Takes ownership of `fact`, NULL included (lack of memory). What can't be queued is counted, and
// the count is recorded as agent.gap as soon as the ledger takes rows again. `done` may be NULL; it
// is always called otherwise, perhaps at once, and the row is not kept waiting for others.
void recorder_put(struct recorder *recorder, struct fact *fact, recorder_done done, void *context);
// The same, but waits until the row is durable: for what a person asked for. 0 and *ret_sequence,
// or −errno.
must_check int recorder_put_and_wait(struct recorder *recorder, struct fact *fact,
                                     uint64_t *ret_sequence);

// Rows that become durable together or not at all (ledger_append_group()): for facts that whoever
// puts them still has elsewhere. Takes the `n` facts, always; the array stays the caller's. What
// can't be written is not counted as lost; it is for the caller to put it again. `done` is called
// once, perhaps at once: with the sequence of the first row, the others follow it, or 0 and why.
void recorder_put_group(struct recorder *recorder, struct fact **facts, size_t n,
                        recorder_done done, void *context);
// One such row, NULL included: what a later look finds again, and then puts again.
void recorder_put_found(struct recorder *recorder, struct fact *fact, recorder_done done,
                        void *context);
// Waits until what was put before is durable or has failed, and everybody was told. −ETIMEDOUT.
must_check int recorder_wait(struct recorder *recorder);

// A fact with outcome and details filled in; `details` is taken (NULL for none). NULL on lack of
// memory.
struct json_object;
struct fact *recorder_fact(enum fact_kind kind, const char *object, const char *outcome,
                           struct json_object *details);
