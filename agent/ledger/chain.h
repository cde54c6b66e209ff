// SPDX-License-Identifier: GPL-3.0-or-later
// The chain over all rows: FORMAT.md section 5.
#pragma once

#include "base/digest.h"

// head(0) is {0}: an empty chain needs no other initialisation.
struct chain {
    uint64_t sequence;
    uint8_t head[DIGEST_SIZE];
};

// Goes one row on. `digest` is a scratch of the caller's.
void chain_add(struct chain *chain, struct digest *digest, const uint8_t row[DIGEST_SIZE]);

// The part of a row's digest that stands in the row itself.
int32_t chain_mark(const uint8_t row[DIGEST_SIZE]);
