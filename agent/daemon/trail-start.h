// SPDX-License-Identifier: GPL-3.0-or-later
// Where the trail begins, or goes on: the key for My Numbers' tokens, and the newest checkpoint in
// the ledger.
#pragma once

#include "policy/policy.h"
#include "trail/trail.h"

// keys/names.key of the state folder: 32 random bytes, made the first time and never in a package
// that leaves the machine. 1: it was damaged and is another one now.
must_check int trail_start_key(int state, uint8_t ret[TRAIL_KEY_SIZE]);

// A trail as the newest trail.read row of the ledger at `state_path` left it, and the place to read
// on from; *ret_place is NULL for one that begins here. 1: there is a checkpoint that can't be
// understood: the trail begins here, and somebody has to say so. −errno: not now (the ledger can't
// be read), try again.
must_check int trail_start_load(const char *state_path, const struct trail_settings *settings,
                                struct trail **ret_trail, struct audit_place **ret_place);

// Protected folders by every name that is known of them: as the policy names them, and without
// symlinks. Owned.
struct trail_folders {
    char **names;
    char **owners; // as the policy names each of them
    size_t n;
};
void trail_folders_clear(struct trail_folders *folders);
// −ENOMEM.
must_check int trail_folders_read(const struct policy *policy, struct trail_folders *ret);
