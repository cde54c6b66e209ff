// SPDX-License-Identifier: GPL-3.0-or-later
// The two kinds of row that the ledger itself writes and reads: a file's first row and the seals.
// FORMAT.md sections 6 and 7.
#pragma once

#include "base/digest.h"
#include "base/ed25519.h"
#include "base/moment.h"
#include "base/util.h"

#define LEDGER_ID_SIZE 16
#define SEAL_REASON_SIZE 33
#define OPENING_HOST_SIZE 256

struct opening {
    char month[MONTH_TEXT_SIZE];
    char host[OPENING_HOST_SIZE];
    uint8_t ledger[LEDGER_ID_SIZE];
    uint8_t previous_head[DIGEST_SIZE];
    uint64_t previous_sequence;
    uint64_t epoch;
    uint8_t public_key[ED25519_KEY_SIZE];
};

struct seal {
    uint64_t epoch;
    uint64_t covers;
    uint8_t head[DIGEST_SIZE];
    uint8_t next_key[ED25519_KEY_SIZE];
    uint8_t signature[ED25519_SIGNATURE_SIZE];
    char reason[SEAL_REASON_SIZE];
};

// The caller frees the text. −ENOMEM.
must_check int opening_to_json(const struct opening *opening, char **ret);
must_check int seal_to_json(const struct seal *seal, char **ret);
// −EBADMSG for any text that the functions above would not have written, byte by byte.
must_check int opening_from_json(const char *text, struct opening *ret);
must_check int seal_from_json(const char *text, struct seal *ret);

bool seal_is_reason(const char *text);

// Fills in seal->signature.
must_check int seal_sign(struct seal *seal, const uint8_t ledger[LEDGER_ID_SIZE], uint64_t wall_ns,
                         const uint8_t private_key[ED25519_KEY_SIZE]);
// −EBADMSG if it was not signed by this key for this ledger and moment.
must_check int seal_check(const struct seal *seal, const uint8_t ledger[LEDGER_ID_SIZE],
                          uint64_t wall_ns, const uint8_t public_key[ED25519_KEY_SIZE]);
