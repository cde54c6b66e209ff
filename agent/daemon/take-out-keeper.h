// SPDX-License-Identifier: GPL-3.0-or-later
// What leaves, and what comes back: the register of take-outs. Nothing leaves without a request
// that another person has approved, which serves once, but exports of the ledger. Clauses 5 (7), 7.
#pragma once

#include "daemon/alerts.h"
#include "daemon/request-keeper.h"

// The bus's TakeOut and BringBack; *ret_why is a sentence on failure. `fields`: request (s, its
// number), carrier, copies, permit (s), device (s, a plugged one), encrypted (b, the person says so
// of one that is not), until_ns (t, when it is due, not later than was asked for).
must_check int take_out_keeper_take(const struct request_keeper *keeper,
                                    const struct bus_person *who, json_object *fields,
                                    json_object **ret_answer, char **ret_why);
// What `sekisho export` has written to something that leaves, without a request. `package`: its
// name; details: medium, destination (s), encryption (s, "luks" | "none", as was seen).
must_check int take_out_keeper_enter_export(const struct request_keeper *keeper,
                                            const struct bus_person *who, const char *package,
                                            json_object *details, uint64_t *ret_number,
                                            char **ret_why);
// number: of the row that took it; fields: returned (s, a date).
must_check int take_out_keeper_bring_back(const struct request_keeper *keeper,
                                          const struct bus_person *who, const char *number,
                                          json_object *fields, json_object **ret_answer,
                                          char **ret_why);

// Once a day a row, and so an alert, for each that is overdue; `alerts` tells when the last was.
void take_out_keeper_settle(const struct request_keeper *keeper, const struct alerts *alerts);
