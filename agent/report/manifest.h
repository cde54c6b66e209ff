// SPDX-License-Identifier: GPL-3.0-or-later
// What a package says of itself: manifest.json, written last, so that half a package has none.
#pragma once

#include "base/digest.h"
#include "base/moment.h"
#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

#define MANIFEST_NAME "manifest.json"
#define MANIFEST_FORMAT "sekisho-package/1"

enum manifest_part { MANIFEST_LEDGER, MANIFEST_CSV, MANIFEST_JSONL, MANIFEST_PART_MAX };

struct manifest_file {
    char name[32]; // "2026-11.db", "events.csv", "events.jsonl"
    uint64_t size;
    uint8_t sha256[DIGEST_SIZE];
};

struct manifest {
    char *host;
    char ledger[33]; // which workstation's ledger: 32 hexadecimal digits
    char month[MONTH_TEXT_SIZE];
    bool partial;    // the month was not over
    char *time_zone; // of the times in events.csv
    char *tool;      // "sekisho 0.1.0"
    uint64_t created_ns;
    uint64_t rows, first, last; // sequence numbers
    uint64_t epoch;             // of the last seal
    uint8_t head[DIGEST_SIZE];  // of the row `last`
    struct manifest_file files[MANIFEST_PART_MAX];
};

void manifest_clear(struct manifest *manifest);

// The name of a part, for this month.
void manifest_name_part(enum manifest_part part, const char *month, char ret[32]);

// As JSON text; the caller frees it.
must_check int manifest_encode(const struct manifest *manifest, char **ret_text);
// −EBADMSG: it is not what manifest_encode() writes (missing, unknown or wrong keys, foreign names
// of files).
must_check int manifest_decode(const char *text, size_t length, struct manifest *ret);

// Atomic and durable. `folder`: descriptor of the package's folder.
must_check int manifest_write(int folder, const struct manifest *manifest);
// −ENOENT: there is none; −EBADMSG as above.
must_check int manifest_read(int folder, struct manifest *ret);
