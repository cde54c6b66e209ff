// SPDX-License-Identifier: GPL-3.0-or-later
// The chain over all rows.
#include "ledger/chain.h"

#include "base/bytes.h"

#define CHAIN_TAG "sekisho chain 1" // with its NUL: 16 bytes

void chain_add(struct chain *chain, struct digest *digest, const uint8_t row[DIGEST_SIZE])
{
    digest_reset(digest);
    digest_add(digest, CHAIN_TAG, sizeof CHAIN_TAG);
    digest_add(digest, chain->head, DIGEST_SIZE);
    digest_add(digest, row, DIGEST_SIZE);
    digest_end(digest, chain->head);
    chain->sequence++;
}

int32_t chain_mark(const uint8_t row[DIGEST_SIZE])
{
    return (int32_t)bytes_get_u32(row);
}
