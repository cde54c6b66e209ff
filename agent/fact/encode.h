// SPDX-License-Identifier: GPL-3.0-or-later
// The canonical encoding of a row: the bytes that its digest binds. agent/ledger/FORMAT.md section
// 4 is the contract; a second verifier computes the same.
#pragma once

#include "base/digest.h"
#include "fact/fact.h"

// The texts of a row, in the order of its columns.
enum fact_text_id {
    FACT_TEXT_BOOT,
    FACT_TEXT_KIND,
    FACT_TEXT_USER,
    FACT_TEXT_SESSION,
    FACT_TEXT_EXE,
    FACT_TEXT_OBJECT,
    FACT_TEXT_OUTCOME,
    FACT_TEXT_DETAILS,
    FACT_TEXT_MAX,
};

// Longest text that a row may hold; the policy's full text is one.
#define FACT_TEXT_LENGTH_MAX (1u << 20)

struct fact_text {
    const char *data; // NULL: does not apply
    uint32_t length;
};

// A fact as a row holds it. All texts are borrowed.
struct fact_row {
    uint64_t sequence;
    uint64_t wall_ns;
    uint64_t monotonic_ns;
    uint8_t severity;
    uint32_t uid;
    uint32_t pid;
    struct fact_text texts[FACT_TEXT_MAX];
};

// The row that `fact` becomes; borrows its texts. −EMSGSIZE: a text is too long; −EINVAL: an
// observation, a text that is not clean UTF-8, details that are not one JSON object, or no boot id.
must_check int fact_to_row(const struct fact *fact, uint64_t sequence, struct fact_row *ret);

// SHA-256 of the canonical encoding. `digest` is reset first; it is the caller's so that a million
// rows need one.
void fact_row_digest(const struct fact_row *row, struct digest *digest, uint8_t ret[DIGEST_SIZE]);
