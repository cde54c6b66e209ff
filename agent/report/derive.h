// SPDX-License-Identifier: GPL-3.0-or-later
// The CSV and JSON files of a package, as they follow from a ledger's file: written to disk when it
// is made, and hashed only when it is verified.
#pragma once

#include "base/digest.h"
#include "base/util.h"

#include <stdint.h>
#include <stdio.h>

struct derived {
    uint64_t csv_size, jsonl_size;
    uint8_t csv_sha256[DIGEST_SIZE], jsonl_sha256[DIGEST_SIZE];
    uint64_t rows, first, last;
};

struct derive_options {
    const char *ledger, *host;
    FILE *csv, *jsonl;                              // where the bytes go as well; NULL: nowhere
    void (*progress)(void *context, uint64_t rows); // every 10,000 rows; may be NULL
    void *context;
};

must_check int derive_run(const struct derive_options *options, struct derived *ret);
