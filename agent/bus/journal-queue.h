// SPDX-License-Identifier: GPL-3.0-or-later
// Rows on their way to journald. Nothing here waits for it: a journal that hangs must not stop the
// guard. What it does not take in time is dropped and counted; the ledger has it.
#pragma once

#include "fact/fact.h"

#include <systemd/sd-event.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define JOURNAL_WAITING_MAX 256 // rows

struct journal_queue;

// `path`: of journald's socket. Where nobody listens, rows are for nobody, and that is no error.
must_check int journal_queue_new(sd_event *event, const char *path, struct journal_queue **ret);
void journal_queue_free(struct journal_queue *queue);
DEFINE_CLEANUP(struct journal_queue, journal_queue_free)

// Sends one row that has become durable, now or when journald reads again. −ENOBUFS: too many wait
// already; it is counted, and the count is sent once they are through.
must_check int journal_queue_put(struct journal_queue *queue, const struct fact *fact,
                                 uint64_t sequence);
