// SPDX-License-Identifier: GPL-3.0-or-later
// Requests: made by a person, decided by another one, and what comes of them.
//
// What opens is recorded first: the approval or permit, with the request's number in it, and then
// that the request is approved. If the second row is missing because the power went between them,
// request_keeper_settle() writes it. So an approved request without its grant can't be.
#pragma once

#include "daemon/approvals.h"
#include "daemon/permit-keeper.h"
#include "daemon/policy-store.h"
#include "policy/request.h"

struct request_keeper {
    struct recorder *recorder;
    const struct registers *registers;
    const struct ledger *ledger;
    const struct policy *policy; // NULL: none is in force
    struct permit_keeper *permits;
    struct approvals_context approvals;
};

// The bus's MakeRequest, ApproveRequest, RefuseRequest, WithdrawRequest and ListRequests; *ret_why
// is a sentence on failure. `number`: of the row that made it.
must_check int request_keeper_make(const struct request_keeper *keeper,
                                   const struct bus_person *who, const char *what,
                                   json_object *terms, json_object **ret_answer, char **ret_why);
must_check int request_keeper_approve(const struct request_keeper *keeper,
                                      const struct bus_person *who, const char *number,
                                      json_object *options, json_object **ret_answer,
                                      char **ret_why);
must_check int request_keeper_refuse(const struct request_keeper *keeper,
                                     const struct bus_person *who, const char *number,
                                     const char *reason, json_object **ret_answer, char **ret_why);
must_check int request_keeper_withdraw(const struct request_keeper *keeper,
                                       const struct bus_person *who, const char *number,
                                       json_object **ret_answer, char **ret_why);
// number: 0 for all. Those of this person; of everybody for who may see them.
must_check int request_keeper_list(const struct request_keeper *keeper,
                                   const struct bus_person *who, uint64_t number,
                                   json_object **ret_answer, char **ret_why);

// Writes what a kill or a full disk has left out.
void request_keeper_settle(const struct request_keeper *keeper);

// What time it is at least: never before the ledger's newest row.
uint64_t request_keeper_now(const struct request_keeper *keeper);
// NULL: there is none of this number. Borrowed until the next row.
const struct request *request_keeper_find(const struct request_keeper *keeper, uint64_t number);
