// SPDX-License-Identifier: GPL-3.0-or-later
// What a workstation says beside its request for a certificate: which ledger it keeps, how far that
// had come, and on which hardware it runs. The agent says it, a command puts it into the request.
#pragma once

#include "base/digest.h"
#include "base/json-take.h"
#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define NOTE_FORMAT "sekisho-request/1"
#define NOTE_MAX 2048 // bytes as JSON

struct note {
    char ledger[ID_TEXT_SIZE];  // whose identity it is: another for each installation
    uint64_t key_epoch;         // number of the seal that `key` signs: 1 unless months were pruned
    uint8_t key[DIGEST_SIZE];   // the first sealing key (public, Ed25519)
    uint64_t sequence;          // of the newest row …
    uint8_t hash[DIGEST_SIZE];  // … and head() of it (FORMAT.md section 5)
    uint64_t epoch;             // of the last seal
    uint64_t created_ns;        // wall time
    uint8_t board[DIGEST_SIZE]; // SHA-256 over what the firmware says of the machine
    uint8_t links[DIGEST_SIZE]; // and over the addresses of its built-in network links
    char tool[32];              // "sekisho 0.1.0"
};

// The same machine? Of a copied disk either of the two differs.
bool note_is_same_hardware(const struct note *a, const struct note *b);

// The caller puts it.
json_object *note_to_object(const struct note *note);
// −EBADMSG: something is missing, wrong, or there beside it.
must_check int note_from_object(json_object *object, struct note *ret);
// From a request. −EBADMSG as above, and for any text that note_to_object() does not become.
must_check int note_decode(const char *text, struct note *ret);
