// SPDX-License-Identifier: GPL-3.0-or-later
// A row as one document of the Elastic Common Schema, so that common tools ingest it as it is.
//
//   field of ECS 8                          from
//   @timestamp                              wall time, UTC, nanoseconds
//   message                                 the row as an English sentence
//   ecs.version                             "8.11.0"
//   event.kind                              "alert" for a violation, "state" for what is restated,
//                                           else "event"
//   event.action                            the kind: "usb.blocked"
//   event.category, event.type              by kind, see ecs.c
//   event.outcome                           "failure" for failed and refused, and for login.failed
//                                           and login.refused, else "success"; absent without an
//                                           outcome
//   event.sequence                          sequence
//   event.severity, log.level               0 … 3, and its name
//   event.reason, rule.name                 reason and rule of a verdict
//   event.start, event.end                  a gap's from and to; first and last of the repeats that
//                                           one row stands for; a session's start
//   event.provider, event.dataset           "sekisho", "sekisho.ledger"
//   host.name, host.boot.id                 the workstation, the kernel's boot id
//   user.id, user.name                      audit login uid and its name; of a failed login the
//                                           account, if it is anybody's
//   user.effective.name                     whom su or sudo become
//   source.address                          where a login comes from
//   process.pid, .executable, .name         acting program
//   device.id, .manufacturer, .model.name,  USB device: VID:PID[:SERIAL], its strings, VID:PID,
//     .model.identifier, .serial_number     its serial
//   volume.device_name, .mount_name,        medium or mount; bus_type is "Usb"
//     .file_system_type, .size, .writable,
//     .bus_type
//   file.path, .name, .type                 object of file.* and medium.written rows; "file", "dir"
//   file.target_path                        the new name of a renamed one, the second of a link
//   sekisho.object, .outcome, .session,     what ECS has no field for, as it stands in the row;
//     .monotonic_ns, .details               details as JSON
#pragma once

#include "base/json.h"
#include "ledger/query.h"

#include <stdio.h>

// `host` may be NULL. The caller puts the document.
json_object *ecs_document(const struct query_row *row, const char *host);
// The same as text; as one line.
must_check int ecs_write(FILE *file, const struct query_row *row, const char *host);
must_check int ecs_write_line(FILE *file, const struct query_row *row, const char *host);
