// SPDX-License-Identifier: GPL-3.0-or-later
// Granting and ending approvals: a durable row first, then the register, then the gate.
#pragma once

#include "daemon/recorder.h"
#include "daemon/usb-guard.h"
#include "ledger/registers.h"

#include <json-c/json.h>

struct bus_person;

struct approvals_context {
    struct recorder *recorder;
    struct registers *registers;
    struct usb_guard *usb;
    void (*changed)(void *context); // the register is another one: compile the gate, decide anew
    void *context;
};

// The bus's allow, accept, forget and learn; *ret_why is a sentence on failure.
must_check int approvals_allow(const struct approvals_context *context,
                               const struct bus_person *who, const char *device,
                               json_object *options, json_object **ret_answer, char **ret_why);
// For requests. The device as somebody names it: what approves it, but for who and how. The caller
// frees it.
must_check int approvals_describe(const struct approvals_context *context, const char *device,
                                  struct approval **ret, char **ret_why);
// Approves that one, and nothing else of the same name. `options`: as of allow, without luks.
must_check int approvals_grant_request(const struct approvals_context *context,
                                       const struct bus_person *who, const struct approval *device,
                                       json_object *options, uint64_t request, uint64_t *ret_number,
                                       char **ret_why);
must_check int approvals_accept(const struct approvals_context *context,
                                const struct bus_person *who, const char *device,
                                json_object **ret_answer, char **ret_why);
must_check int approvals_forget(const struct approvals_context *context,
                                const struct bus_person *who, const char *device,
                                json_object **ret_answer, char **ret_why);
must_check int approvals_learn(const struct approvals_context *context,
                               const struct bus_person *who, json_object **ret_answer,
                               char **ret_why);
