// SPDX-License-Identifier: GPL-3.0-or-later
// Totals of what persons did with files, a blob for each whole block of rows: FORMAT.md section 9.
// Who counts a month reads these instead of its rows.
#pragma once

#include "fact/encode.h"

#include <stdbool.h>

#define TALLY_BLOCK 2048u                // rows
#define TALLY_QUARTER_NS 900000000000ULL // a quarter of an hour

struct tally;

must_check int tally_new(struct tally **ret);
void tally_free(struct tally *tally);
DEFINE_CLEANUP(struct tally, tally_free)

// Rows in their order; `ids` as in the table `event`, 0 for NULL. That of a block begun anew drops
// what was counted of the one before.
void tally_add(struct tally *tally, const struct fact_row *row, const uint64_t ids[FACT_TEXT_MAX]);
void tally_clear(struct tally *tally);
// Is this the last row of its block?
bool tally_ends(uint64_t sequence);
static inline uint64_t tally_block(uint64_t sequence)
{
    return (sequence - 1) / TALLY_BLOCK;
}
// The blob of what was counted, which is forgotten. The caller frees it.
must_check int tally_take(struct tally *tally, uint8_t **ret, size_t *ret_size);

struct tally_entry {
    uint64_t quarter; // since 1970: wall_ns / TALLY_QUARTER_NS
    uint64_t kind;    // text
    uint64_t user;    // text; 0: no name
    uint64_t uid;     // + 1, of who has no name; 0: nobody
    uint64_t refused; // 1: may not do it
    uint64_t times;
};
typedef int (*tally_callback)(void *context, const struct tally_entry *entry);
// −EBADMSG; else what the callback answers first that is not 0.
must_check int tally_read(const uint8_t *blob, size_t size, tally_callback callback, void *context);
