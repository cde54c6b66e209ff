// SPDX-License-Identifier: GPL-3.0-or-later
// What reader.c and reader-count.c share.
#pragma once

#include "watch/audit/descriptors.h"
#include "watch/audit/reader.h"
#include "watch/audit/record.h"
#include "watch/audit/records.h"

#include <sys/queue.h>

struct making {
    struct records records;     // of a call; empty for what is complete
    struct audit_event *single; // a record that is an event by itself
    uint64_t begin;             // offset of its first line
    uint64_t line;              // how many lines came before it
    uint64_t call;              // offset of its last SYSCALL (or URINGOP) record
    bool called, ended;         // its SYSCALL (or URINGOP), its PROCTITLE came
    uint64_t items, paths;      // that the call promises, and that came
    unsigned ticks;             // that it has waited for
    bool complete;
    bool doubtful;   // READER_DOUBT: nothing, if the kernel's count goes on behind it
    uint64_t serial; // … the kernel's highest before it; 0: not known
    uint64_t from;   // … of those above this
    uint64_t holes;  // … so many are missing so far
    TAILQ_ENTRY(making) next;
};

TAILQ_HEAD(making_queue, making);

struct audit_reader {
    struct reader_sink sink;
    struct descriptors *descriptors;
    struct making_queue queue; // by `begin`
    uint64_t lines;            // that were taken
    char line[RECORD_LINE_MAX];
    size_t length; // of the line that is not whole yet
    bool too_long; // it is longer than that, and passed over
    uint64_t fed;  // offset behind the last byte
    uint64_t line_begin;
    struct audit_stamp last; // of the newest record
    uint64_t serial;         // the kernel's highest in this boot; 0: none yet
    uint64_t seen;           // bit N: the one that is N less has come
    struct audit_place place, told;
    uint64_t call; // the furthest of what was given out
    size_t given;  // events since the last place
};

// ---- Events in the making (reader.c) ------------------------------------------------------------

void reader_free_making(struct making *making);
// Half a line, or none: at the end of the queue.
must_check int reader_add_torn(struct audit_reader *reader);

// ---- The kernel's count (reader-count.c) --------------------------------------------------------

// A READER_DOUBT. It waits until the count behind it is known.
must_check int reader_add_doubt(struct audit_reader *reader);
// A record of the kernel has this serial. What waits for that has it then.
void reader_count(struct audit_reader *reader, uint64_t serial);
// A doubt becomes a torn line, or nothing and is freed.
void reader_settle_doubt(struct audit_reader *reader, struct making *making);
