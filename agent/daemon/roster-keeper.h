// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the roster: policy and register of operators compiled into the text that answers
// pam_sekisho(8), in memory and as /var/lib/sekisho/pam.fallback for the time without us. Only root
// reads that file: it says who is designated, and from when until when.
#pragma once

#include "daemon/options.h"
#include "daemon/recorder.h"
#include "fact/roster.h"
#include "ledger/registers.h"
#include "policy/policy.h"

struct roster_keeper;

struct roster_keeper_options {
    const struct places *places;
    struct recorder *recorder;
    bool first; // the daemon has never run here, so that there is no file yet
};

// Goes on with what the file says: where no policy can be read, that holds. One that is missing,
// damaged or others' to write says nothing, and is agent.tampered at the first update.
must_check int roster_keeper_new(const struct roster_keeper_options *options,
                                 struct roster_keeper **ret);
void roster_keeper_free(struct roster_keeper *keeper);
DEFINE_CLEANUP(struct roster_keeper, roster_keeper_free)

// Compiles it anew; the file is written if it says anything else than before, or could not be
// written then, or if somebody else has touched it, which is agent.tampered. NULL for a policy that
// can't be read: all stays. `floor_ns`: it is not earlier.
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
