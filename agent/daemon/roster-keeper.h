// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the roster: policy and register of operators compiled into the text that answers
// pam_sekisho(8), in memory and as /var/lib/sekisho/pam.fallback for the time without us. Only root
// reads that file: it says who is designated, and from when until when.
#pragma once

#include "daemon/options.h"
#include "fact/roster.h"
#include "ledger/registers.h"
#include "policy/policy.h"

struct roster_keeper;

// Goes on with what the file says: where no policy can be read, that holds.
must_check int roster_keeper_new(const struct places *places, struct roster_keeper **ret);
void roster_keeper_free(struct roster_keeper *keeper);
DEFINE_CLEANUP(struct roster_keeper, roster_keeper_free)

// Compiles it anew; the file is written if it says anything else than before, or could not be
// written then. NULL for a policy that can't be read: all stays. `floor_ns`: it is not earlier.
// Called after each change, and each minute: officers' terms begin and end.
struct roster_sources {
    const struct policy *policy;
    const struct registers *registers;
    uint64_t now_ns, floor_ns;
};
void roster_keeper_update(struct roster_keeper *keeper, const struct roster_sources *sources);

// −ENOENT: there is no roster yet; −EBADMSG.
must_check int roster_keeper_decide(const struct roster_keeper *keeper,
                                    const struct roster_question *question,
                                    struct roster_answer *ret);
// Is the file as it should be?
bool roster_keeper_is_well(const struct roster_keeper *keeper);
