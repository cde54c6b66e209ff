// SPDX-License-Identifier: GPL-3.0-or-later
// A permit: links and peers that may be used beside those of the policy, from one moment to
// another; by the city's permit, or by the admin's own approval. Clause 5 (1).
#pragma once

#include "policy/airgap.h"

#define PERMITS_MAX 256
#define PERMIT_TEXT_MAX 512 // bytes of each of its texts

struct permit {
    uint64_t number; // sequence of the ledger row that granted it
    char *permit;    // the city's number of it: "令8情第12号"; NULL: the admin's own approval
    uint64_t from_ns, until_ns; // wall times: from the first on, up to the second; 0: open
    struct airgap scope;        // its links and peers; the rest says nothing
    char *reason;               // NULL: none was given
    char *approver;             // login name
    uint32_t approver_uid;
    uint64_t granted_ns;
    uint64_t request; // number of the request that it answers; 0: none
};

void permit_free(struct permit *permit);
DEFINE_CLEANUP(struct permit, permit_free)

// How people and rows name it: by the city's number, or else by its first peer or link. NULL on
// lack of memory; the caller frees it.
char *permit_name(const struct permit *permit);

// What time it is, as far as that can be known: not before the first, not after the second.
struct permit_clock {
    uint64_t earliest_ns, latest_ns;
};

enum permit_state {
    PERMIT_AHEAD,
    PERMIT_IN_FORCE, // it has begun and has not ended, whatever time it is of those
    PERMIT_ENDED,
    PERMIT_STATE_MAX,
};
const char *permit_state_to_str(enum permit_state state); // "ahead", "in-force", "ended"
enum permit_state permit_state_at(const struct permit *permit, const struct permit_clock *clock);

// Its links and peers at the end of `airgap`, with its end as theirs. −ENOSPC.
must_check int permit_add_scope(const struct permit *permit, struct airgap *airgap);

// As one JSON object: the details of permit.granted rows, and the register. There is one way to
// write each. −EINVAL: a text is too long or not in its escaped form, nothing is permitted by it,
// or it ends before it begins. The caller puts or frees it.
must_check int permit_to_object(const struct permit *permit, struct json_object **ret);
must_check int permit_to_json(const struct permit *permit, char **ret);
// −EBADMSG for anything that permit_to_json() would not have written, byte for byte.
must_check int permit_from_json(const char *json, struct permit **ret);
// The same as an object inside a larger document; a doubled key can't be seen here.
must_check int permit_from_object(struct json_object *object, struct permit **ret);
