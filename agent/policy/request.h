// SPDX-License-Identifier: GPL-3.0-or-later
// A request: what a person asks for, until when and what for, and what another person decided. One
// for a device, for links and peers of the network, or for taking data out. Clauses 4 (5), 5 (5),
// 5 (7), 7.
//
// A row of the ledger makes it and a second one decides it. That one which nobody decides runs out
// is no row: its `expires_ns` says so.
#pragma once

#include "policy/airgap.h"
#include "policy/approval.h"

#define REQUESTS_KEPT_MAX 500 // in the register; the oldest that is decided makes room
#define REQUESTS_OPEN_MAX 100
#define REQUESTS_OPEN_PER_PERSON_MAX 8
#define REQUEST_TEXT_MAX 512  // bytes of a text
#define REQUEST_JSON_MAX 8192 // bytes of an entry: a hundred fit into a row of the ledger

enum request_what {
    REQUEST_DEVICE,
    REQUEST_PEER,
    REQUEST_LINK,
    REQUEST_TAKE_OUT,
    REQUEST_WHAT_MAX,
};
// From "device", "peer", "link" or "take-out"; −EINVAL.
must_check int request_what_from_str(const char *text, enum request_what *ret);

enum request_state {
    REQUEST_OPEN,
    REQUEST_APPROVED,
    REQUEST_REFUSED,
    REQUEST_WITHDRAWN,
    REQUEST_EXPIRED, // never in a row: see request_state_at()
    REQUEST_STATE_MAX,
};
const char *request_state_to_str(enum request_state state); // "open", "approved", …

struct request {
    uint64_t number; // sequence of the row that made it
    enum request_what what;
    char *subject;                // how people name what is asked for; of a take-out the medium
    struct approval *device;      // of a device: which one, and how; nobody has approved it
    struct airgap scope;          // of a peer or link
    char *contents, *destination; // of a take-out
    char *purpose;
    uint64_t until_ns; // wall time at which what it asks for is to end
    char *asker;       // login name
    uint32_t asker_uid;
    uint64_t made_ns, expires_ns;
    enum request_state state;
    char *decider; // login name; NULL while it is open
    uint32_t decider_uid;
    uint64_t decided_ns;
    char *reason;       // NULL: none was given
    bool self_approval; // nobody else is there: the policy allows it, and reports tell it
    uint64_t grant;     // sequence of the approval or permit that came of it; 0: none
};

void request_free(struct request *request);
DEFINE_CLEANUP(struct request, request_free)
must_check int request_copy(const struct request *request, struct request **ret);

// What it is at that time.
enum request_state request_state_at(const struct request *request, uint64_t now_ns);
// The same person asks for the same: there is one request for it.
bool request_is_same(const struct request *a, const struct request *b);

// As one JSON object: the details of its rows, and the register. There is one way to write each.
// −EINVAL: a text is missing, too long or not in its escaped form, or it does not fit together. The
// caller puts or frees it.
struct json_object;
must_check int request_to_object(const struct request *request, struct json_object **ret);
must_check int request_to_json(const struct request *request, char **ret);
// −EBADMSG for anything that request_to_json() would not have written, byte for byte.
must_check int request_from_json(const char *json, struct request **ret);
// The same as an object inside a larger document; a doubled key can't be seen here.
must_check int request_from_object(struct json_object *object, struct request **ret);
