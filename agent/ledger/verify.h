// SPDX-License-Identifier: GPL-3.0-or-later
// Does a ledger show that somebody touched it? Opens files read-only and trusts nothing in them.
// FORMAT.md is the contract.
#pragma once

#include "base/digest.h"
#include "base/moment.h"
#include "base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verify_outcome {
    VERIFY_WHOLE,    // every row bound, sealed, and the end agrees with a later witness
    VERIFY_OPEN_END, // verified to epoch N; what came after its seal can't be proven complete
    VERIFY_BROKEN,
    VERIFY_OUTCOME_MAX,
};

// The list of FORMAT.md, section 8.
enum verify_rule {
    VERIFY_RULE_FORM = 1, // bytes of the header, what lies beside the file
    VERIFY_RULE_PAGES,
    VERIFY_RULE_SCHEMA,
    VERIFY_RULE_COLUMN,
    VERIFY_RULE_MISSING,
    VERIFY_RULE_CHANGED,
    VERIFY_RULE_OPENING,
    VERIFY_RULE_SEAL,
    VERIFY_RULE_KEY,
    VERIFY_RULE_HEAD,
    VERIFY_RULE_TALLY,
    VERIFY_RULE_PRUNED,
};

struct verify_fault {
    enum verify_rule rule;
    char *file;
    uint64_t first, last; // rows concerned; 0: the file as such
    char *what;           // translated sentence: "row 17 was changed"
};

struct verify_result {
    enum verify_outcome outcome;
    uint64_t epoch;  // of the last good seal
    uint64_t sealed; // last row that seal covers
    uint64_t rows;
    uint64_t first, last; // sequence numbers
    uint8_t head[DIGEST_SIZE];
    uint64_t head_wall_ns;
    uint64_t pruned, pruned_by; // rows 1 to that were removed, as that row says; 0: none were
    bool anchored; // a key was given and compared: the first file is the ledger's very first
    struct verify_fault *faults; // at most VERIFY_FAULTS_MAX; the first is the earliest
    size_t n_faults;
};
#define VERIFY_FAULTS_MAX 100
void verify_result_clear(struct verify_result *result);

// What is known from outside.
struct verify_witness {
    bool has_key;
    uint8_t key[32]; // first public key, pinned at enrolment
    bool has_head;   // a later head, from a collection or the paper log
    uint64_t sequence;
    uint8_t head[DIGEST_SIZE];
    size_t head_length; // bytes of `head` that are known: 32, or 4 from a head code
    bool complete;      // they are all that is kept: what is missing before them was removed
    bool open;          // the newest file may be in use by a writer: then its WAL is read too
};

// Files of one workstation in any order; they must follow each other without a hole. 0 also when
// broken; −errno only when a file can't be read at all.
must_check int verify_files(const char *const *paths, size_t n,
                            const struct verify_witness *witness, struct verify_result *ret);
// "417-9f3a-77c0" or "417:<64 hexadecimal digits>".
must_check int verify_parse_head(const char *text, struct verify_witness *witness);
