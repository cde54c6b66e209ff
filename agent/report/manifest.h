// SPDX-License-Identifier: GPL-3.0-or-later
// What a package says of itself, written last, so that half a package has none: manifest.json of a
// plain package, or the content of manifest.cms, which is signed, of a sealed one. PACKAGE.md is
// the contract.
#pragma once

#include "base/digest.h"
#include "base/moment.h"
#include "base/util.h"
#include "site/envelope.h"

#include <stdbool.h>
#include <stdint.h>

#define MANIFEST_NAME "manifest.json"
#define MANIFEST_SEALED_NAME "manifest.cms"
#define MANIFEST_NAME_SIZE 32
#define MANIFEST_PARTS_MAX 999    // of one file: 7.9 GB
#define MANIFEST_MAX (512u << 10) // bytes of its text

enum manifest_form {
    MANIFEST_PLAIN,  // sekisho-package/1: files as they are
    MANIFEST_SEALED, // sekisho-package/2: files encrypted in parts, the manifest signed
    MANIFEST_FORM_MAX,
};

// A plain package has the first three, a sealed one the ledger and the report.
enum manifest_item {
    MANIFEST_LEDGER,
    MANIFEST_CSV,
    MANIFEST_JSONL,
    MANIFEST_REPORT,
    MANIFEST_ITEM_MAX,
};

// One CMS file.
struct manifest_part {
    uint64_t size;
    uint8_t sha256[DIGEST_SIZE];
};

struct manifest_file {
    char name[MANIFEST_NAME_SIZE]; // "2026-11.db", "events.csv", …; "" if it has none of it
    uint64_t size;
    uint8_t sha256[DIGEST_SIZE];
    struct manifest_part *parts; // NULL in a plain package
    size_t n_parts;
};

struct manifest {
    enum manifest_form form;
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
    struct manifest_file files[MANIFEST_ITEM_MAX];
    // Fingerprints (certificate.h); of a sealed package only.
    uint8_t certificate[DIGEST_SIZE]; // who signed
    uint8_t site[DIGEST_SIZE];        // who issued that
    uint8_t recipients[ENVELOPE_RECIPIENTS_MAX][DIGEST_SIZE];
    size_t n_recipients;
};

void manifest_clear(struct manifest *manifest);
static inline void manifest_clear_p(struct manifest *manifest)
{
    manifest_clear(manifest);
}

bool manifest_has(enum manifest_form form, enum manifest_item item);
// The name of a file, for this month, and of its n-th part, counted from 0.
void manifest_name_item(enum manifest_item item, const char *month, char ret[MANIFEST_NAME_SIZE]);
void manifest_name_part(const struct manifest_file *file, size_t n, char ret[MANIFEST_NAME_SIZE]);
// Of how many parts a file of so many bytes is made: ENVELOPE_CONTENT_MAX in each but the last.
size_t manifest_count_parts(uint64_t size);

// As JSON text; the caller frees it.
must_check int manifest_encode(const struct manifest *manifest, char **ret_text);
// −EBADMSG: it is not what manifest_encode() writes (missing, unknown or wrong keys, foreign names
// of files, another number of parts than the size asks for), or of another form than `form`.
must_check int manifest_decode(const char *text, size_t length, enum manifest_form form,
                               struct manifest *ret);

// Atomic and durable. `folder`: descriptor of the package's folder. A plain package's only.
must_check int manifest_write(int folder, const struct manifest *manifest);
// −ENOENT: there is none; −EBADMSG as above.
must_check int manifest_read(int folder, struct manifest *ret);
