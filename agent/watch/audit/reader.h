// SPDX-License-Identifier: GPL-3.0-or-later
// From auditd's bytes to audit events: cuts lines, gathers the records of each event, and gives the
// events out in the order in which they begin. What the program audit-read does; pure.
//
// An event of the kernel ends with its PROCTITLE record, if its SYSCALL record and the PATH records
// that this promises are there (they may come out of order). One that has none (it was cut off, or
// this kernel writes none, or the kernel had to drop some) ends when 2,048 lines have come behind
// its first one, when nothing has come for a while (audit_reader_flush), or after some ticks of
// whoever reads; never by the time in its stamp, for the clock may be set. A record that comes
// later still is a part without its SYSCALL record and says nothing: that is also why a place needs
// no list of events that had begun before it.
#pragma once

#include "fact/audit_event.h"
#include "fact/audit_place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READER_EVENTS_MAX 256 // given out between two places
#define READER_TICKS 5

// The kernel counts its events, and each of them is written: where its count does not go on,
// something is missing. So what auditd says of itself, and a torn line, wait for the kernel's next
// record, which tells how much.
//
// Two lines that are put between auditd's. READER_DOUBT between two files: there may have been
// others between them, and a power cut may have taken the end of the first. If the count does not
// go on behind it without a hole, that is as good as a torn line. READER_CUT: the log was cut
// short, or taken away. A line that ends with one of them and has more before it is torn.
#define READER_DOUBT "records may be missing here"
#define READER_CUT "the log does not go on here"

struct reader_sink {
    // An event; borrowed. −errno ends the reading.
    int (*event)(void *context, const struct audit_event *event);
    // How far: `place->offset` counts from the first byte fed.
    int (*place)(void *context, const struct audit_place *place);
    void *context;
};

struct audit_reader;

must_check int audit_reader_new(const struct reader_sink *sink, struct audit_reader **ret);
void audit_reader_free(struct audit_reader *reader);
DEFINE_CLEANUP(struct audit_reader, audit_reader_free)

// More of the log. What is given out follows, and a place at the end if that is another one now.
must_check int audit_reader_feed(struct audit_reader *reader, const void *data, size_t length);
// Does any event wait for more of its records?
bool audit_reader_waits(const struct audit_reader *reader);
// Nothing has come for a while: gives out what waits as it is. Those that lack their SYSCALL record
// or PATH records which it promises wait on, unless `all`.
must_check int audit_reader_flush(struct audit_reader *reader, bool all);
// Called now and then while anything waits. What has waited for READER_TICKS of them waits no more.
must_check int audit_reader_tick(struct audit_reader *reader);
