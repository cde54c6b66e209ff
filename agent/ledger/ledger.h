// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger: an append-only record in monthly SQLite files, hash-chained and sealed. FORMAT.md
// holds every byte. All writing is done by one thread of its own; nothing here blocks the caller
// unless its comment says so.
#pragma once

#include "base/digest.h"
#include "fact/fact.h"
#include "policy/approval.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;

struct ledger_options {
    int state;                 // descriptor of /var/lib/sekisho; borrowed for the ledger's life
    const char *state_path;    // its name, for SQLite
    uint64_t seal_interval_ns; // 0: only seals that are asked for
    const char *host;          // name of the workstation, for ledger.opened
    // For tests; NULL otherwise. Both are called on the writer's thread (and inside ledger_open).
    struct moment (*now)(void *context);           // instead of moment_now()
    void (*step)(void *context, const char *name); // a durable step was done
    void *context;
};

// Opens or creates ledger/, keys/ and the current month's file; finishes what a crash left (a
// half-made seal, a file without its successor); starts the writer. On a full disk, or one that
// can't be written, it begins as a ledger that is not writable, and opens or creates the file once
// there is room. −EBADMSG: the newest file does not continue its own chain (the caller decides, see
// ledger_set_aside(); ledger_open() never repairs evidence). −EBUSY: another process holds it.
must_check int ledger_open(const struct ledger_options *options, struct ledger **ret);
// For a ledger that ledger_open() calls −EBADMSG: moves it as it is, with its keys and registers,
// to aside/TIME below the state folder, which has the layout of a state folder. The next
// ledger_open() founds a new one. *ret_name is "aside/TIME"; the caller frees it.
must_check int ledger_set_aside(int state, struct moment at, char **ret_name);
// Commits what is queued, seals, stops the thread, closes. Takes NULL.
void ledger_close(struct ledger *ledger);
DEFINE_CLEANUP(struct ledger, ledger_close)

// Queues a fact; the ledger keeps a copy. A violation is committed at once, others within 50 ms
// (group commit). *ret_ticket (may be NULL) grows by one for each call. −ENOBUFS: the queue (4,096)
// is full; −EIO: the ledger can't be written (disk full, I/O), which holds until
// ledger_is_writable() is true again.
must_check int ledger_append(struct ledger *ledger, const struct fact *fact, uint64_t *ret_ticket);

// Queues `n` facts, 1 to LEDGER_GROUP_MAX, that become durable together or not at all: one
// transaction of their own, committed at once, with consecutive sequences. Their tickets are
// consecutive too, from *ret_first_ticket (may be NULL) on. They are for facts that whoever appends
// them still has elsewhere and appends again: what is refused or fails is not counted as lost. The
// errors are those of ledger_append(); while the ledger can't be written a group is refused
// whatever is in it.
#define LEDGER_GROUP_MAX 2048
must_check int ledger_append_group(struct ledger *ledger, struct fact *const *facts, size_t n,
                                   uint64_t *ret_first_ticket);

// Becomes readable when tickets were acknowledged or the state changed. Owned by the ledger.
int ledger_fd(const struct ledger *ledger);

// What has become durable since the last call: in order. Returns the number of entries filled in (0
// to max).
struct ledger_ack {
    uint64_t ticket;   // 0: nobody asked for it, see new_month
    uint64_t sequence; // 0: not written, `error` says why
    int error;         // −ENOSPC, −EIO
    bool new_month;    // ticket 0: a new file has begun with the row `sequence` (also told after
                       // ledger_open made one): restate the registers and the policy's text
};
size_t ledger_reap(struct ledger *ledger, struct ledger_ack *ret_acks, size_t max);

// Somebody waits for this ticket: its batch is committed at once. Does not block.
void ledger_hurry(struct ledger *ledger, uint64_t ticket);

// Blocks until the ticket is durable: for opening acts; its batch is committed at once. 0, −EIO or
// −ENOSPC (not written), −ETIMEDOUT, −ESTALE (a ticket so old that its result is forgotten). The
// ticket is reaped as usual.
must_check int ledger_wait(struct ledger *ledger, uint64_t ticket, uint64_t timeout_ns);

// Queues a seal; `reason`: "interval", "violation", "policy", "mode", "export", "start", "stop":
// 1 to 32 of a–z and "-", else −EINVAL. Durable when the ticket is.
must_check int ledger_seal(struct ledger *ledger, const char *reason, uint64_t *ret_ticket);

bool ledger_is_writable(const struct ledger *ledger);

// The last acknowledged state; any thread.
struct ledger_head {
    uint64_t sequence;
    uint8_t hash[DIGEST_SIZE]; // head(sequence), FORMAT.md section 5
    struct moment latest;      // of the newest rows by their wall time: a clock before it is wrong
    uint64_t epoch;            // of the last seal
    uint64_t sealed_sequence;
    uint64_t sealed_wall_ns;
    char month[MONTH_TEXT_SIZE];
    char boot[BOOT_ID_SIZE]; // in which the last row was written
};
void ledger_get_head(const struct ledger *ledger, struct ledger_head *ret);
// As it was before this ledger_open(): where an earlier run had come to. All zero for a new ledger.
void ledger_get_found(const struct ledger *ledger, struct ledger_head *ret);
// "417-9f3a-77c0": short enough for a paper log.
void ledger_head_code(const struct ledger_head *head, char ret[40]);
