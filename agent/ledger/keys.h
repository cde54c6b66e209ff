// SPDX-License-Identifier: GPL-3.0-or-later
// The sealing keys: one private key on disk at any time, its successor only while a seal is made.
// FORMAT.md section 7.
#pragma once

#include "base/ed25519.h"

#include <stdbool.h>
#include <stdint.h>

struct keys {
    int dir;        // of keys/; borrowed
    uint64_t epoch; // number of the seal that this key will sign
    uint8_t private_key[ED25519_KEY_SIZE];
    uint8_t public_key[ED25519_KEY_SIZE];
    // The successor, once keys_make_next() has made it.
    uint8_t next_private[ED25519_KEY_SIZE];
    uint8_t next_public[ED25519_KEY_SIZE];
    bool unnamed; // `epoch` is still called seal.next: renaming it failed
};

// Key number 1, for a ledger that does not exist yet. −EBADMSG if a later key is there: then a
// ledger did exist.
must_check int keys_create(int dir, struct keys *ret);
// The key that the last seal (or the opening) names, after finishing what a crash left. −EBADMSG if
// it is not there, is another, or a later one is.
must_check int keys_load(int dir, uint64_t epoch, const uint8_t public_key[ED25519_KEY_SIZE],
                         struct keys *ret);
void keys_forget(struct keys *keys);

// The three steps of a seal: before its commit …
must_check int keys_make_next(struct keys *keys);
// … and after it: the successor gets its name, the used key is destroyed. The seal is made even if
// these fail; keys_load() finishes them.
must_check int keys_name_next(struct keys *keys);
must_check int keys_destroy_used(struct keys *keys);
