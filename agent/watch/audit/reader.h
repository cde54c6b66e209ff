// SPDX-License-Identifier: GPL-3.0-or-later
// From auditd's bytes to audit events: cuts lines, gathers the records of each event, and gives the
// events out in the order in which they begin. What the program audit-read does; pure.
//
// An event of the kernel ends with its PROCTITLE record; one that has none (it was cut off, or this
// kernel writes none) when records come that are 2 s younger, when too many events wait behind it,
// or when nothing has come for a while (reader_flush). A record that comes later still is a part
// without its SYSCALL record and says nothing: that is also why a place needs no list of events
// that had begun before it.
#pragma once

#include "fact/audit_event.h"
#include "fact/audit_place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READER_EVENTS_MAX 256 // given out between two places

// The kernel counts its events, and each of them is written: where its count does not go on,
// something is missing. So what auditd says of itself, and a torn line, wait for the kernel's next
// record, which tells how much.
//
// A line between two files that may have had others between them. If the count does not go on
// behind it, that is as good as a torn line.
#define READER_DOUBT "files may be missing here"

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
// Nothing has come for a while: gives out what waits as it is. Those whose SYSCALL record promises
// more PATH records than are there wait on, unless `all`.
must_check int audit_reader_flush(struct audit_reader *reader, bool all);
