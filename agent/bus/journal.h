// SPDX-License-Identifier: GPL-3.0-or-later
// Rows in the systemd journal too, as structured fields: for whoever forwards or follows it. The
// ledger stays the evidence.
#pragma once

#include "base/util.h"
#include "fact/fact.h"

#include <stdint.h>
#include <sys/uio.h>

// MESSAGE_ID of a kind, for systemd/sekisho.catalog: the first 16 bytes of
// SHA-256("org.sekisho.Agent1 " ‖ name), as a version 8 UUID (RFC 9562), 32 hexadecimal digits.
#define JOURNAL_ID_SIZE 33
void journal_message_id(enum fact_kind kind, char ret[JOURNAL_ID_SIZE]);

// What is sent (bus/journal-queue.h): MESSAGE (English), MESSAGE_ID, PRIORITY, SYSLOG_IDENTIFIER,
// and SEKISHO_SEQUENCE, _KIND, _SEVERITY, _TIME_NS, _MONOTONIC_NS, _BOOT, _UID, _USER, _SESSION,
// _PID, _EXE, _OBJECT, _OUTCOME, _DETAILS; those that do not apply are left out.
#define JOURNAL_FIELDS_MAX 20
struct journal_entry {
    struct iovec fields[JOURNAL_FIELDS_MAX]; // "KEY=value", owned
    size_t n;
};
void journal_entry_clear(struct journal_entry *entry);
must_check int journal_compose(const struct fact *fact, uint64_t sequence,
                               struct journal_entry *ret);
