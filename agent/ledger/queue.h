// SPDX-License-Identifier: GPL-3.0-or-later
// Between those who have facts and the one thread that writes them: a bounded queue of tickets, the
// results, and the last durable state. Every function may be called from any thread unless it says
// so.
#pragma once

#include "ledger/ledger.h"

#define QUEUE_MAX 4096      // tickets that wait to be written or reaped
#define QUEUE_BATCH_MAX 512 // rows of one commit, unless they are a group
#define QUEUE_TAKE_MAX LEDGER_GROUP_MAX

struct queue;

struct queue_item {
    uint64_t ticket;
    struct fact *fact; // NULL: a seal, for `reason`
    uint64_t group;    // last ticket of the group it belongs to; 0: none
    char reason[33];
    uint64_t pushed_ns; // CLOCK_MONOTONIC
};

must_check int queue_new(struct queue **ret);
void queue_free(struct queue *queue); // takes NULL
DEFINE_CLEANUP(struct queue, queue_free)

// ---- The side of those who ask; the errors are ledger_append()'s --------------------------------

must_check int queue_push_fact(struct queue *queue, const struct fact *fact, uint64_t *ret_ticket);
must_check int queue_push_group(struct queue *queue, struct fact *const *facts, size_t n,
                                uint64_t *ret_first_ticket);
must_check int queue_push_seal(struct queue *queue, const char *reason, uint64_t *ret_ticket);
size_t queue_reap(struct queue *queue, struct ledger_ack *ret_acks, size_t max);
// Its batch is committed at once.
void queue_hurry(struct queue *queue, uint64_t ticket);
must_check int queue_wait(struct queue *queue, uint64_t ticket, uint64_t timeout_ns);
int queue_fd(const struct queue *queue);
bool queue_is_writable(struct queue *queue);
void queue_get_head(struct queue *queue, struct ledger_head *ret);
// No more is taken; the writer ends once all is written.
void queue_stop(struct queue *queue);

// ---- The writer's side: one thread --------------------------------------------------------------

// Waits until a batch is due, `deadline_ns` (CLOCK_MONOTONIC; UINT64_MAX: none) has come, or the
// queue was stopped. Gives consecutive facts, one whole group, or one seal, borrowed until
// queue_complete().
size_t queue_take(struct queue *queue, uint64_t deadline_ns,
                  const struct queue_item *ret_items[QUEUE_TAKE_MAX]);
// True once the queue was stopped and is empty.
bool queue_is_done(struct queue *queue);
// The state that results must not be seen before.
void queue_publish(struct queue *queue, const struct ledger_head *head, uint64_t new_month);
// The oldest `n` tickets: written as the rows from `first` on, or not, with `error`.
void queue_complete(struct queue *queue, size_t n, uint64_t first, int error);
// From now on only violations and seals are taken.
void queue_set_unwritable(struct queue *queue);
// Facts, other than those of groups, that were refused or failed since then.
uint64_t queue_lost(struct queue *queue);
// So many of them stand in the ledger as lost. Writable again if there are no others: then true.
bool queue_set_writable(struct queue *queue, uint64_t accounted);

uint64_t queue_clock_ns(void);
