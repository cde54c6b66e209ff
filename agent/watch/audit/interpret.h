// SPDX-License-Identifier: GPL-3.0-or-later
// What an event means: its records become one struct audit_event, or nothing.
#pragma once

#include "fact/audit_event.h"
#include "watch/audit/descriptors.h"
#include "watch/audit/records.h"

// The keys of the rules whose events are the trail's; others' are passed over.
#define INTERPRET_KEY_PREFIX "sekisho-"

#define INTERPRET_EVENTS_MAX 24 // of the records of one

// A system call (or an operation of io_uring) on a file. NULL in *ret: none of ours. Some calls are
// several events: `which` is 0, then 1, …, as long as there was one. Learns descriptors. 0 or
// −ENOMEM.
must_check int interpret_call(const struct records *records, struct descriptors *descriptors,
                              size_t which, struct audit_event **ret);
// A record that is an event by itself: logins, auditd's own, changes of rules. NULL: none of ours.
must_check int interpret_single(const struct record *record, struct audit_event **ret);
// Does interpret_single() want to see records of this type?
bool interpret_is_single(const struct record *record);
