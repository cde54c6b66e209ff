// SPDX-License-Identifier: GPL-3.0-or-later
// One month as a folder that explains itself, in one of two forms (PACKAGE.md). Plain: the ledger's
// file, the same rows as CSV and JSON, and a manifest with the hash of each. Sealed: the ledger's
// file and the PC's report, cut into parts that only the site's recipients read, and a manifest
// that the PC has signed. Clauses 5 (6), 7, 10.
#pragma once

#include "ledger/verify.h"
#include "report/manifest.h"
#include "site/enrolled.h"

enum package_step {
    PACKAGE_COPYING,
    PACKAGE_WRITING, // rows
    PACKAGE_VERIFYING,
    PACKAGE_SEALING, // parts
    PACKAGE_OPENING, // parts
    PACKAGE_DONE,
    PACKAGE_STEP_MAX,
};

// For people; NULL for nobody. `done` counts what stands behind the step, 0 at its beginning.
typedef void package_progress(void *context, enum package_step step, uint64_t done);

struct package_options {
    const char *ledger; // the month's file
    const char *folder; // where the package's folder goes; must exist
    bool partial;       // the month is not over
    const char *time_zone;
    // For a sealed package: keys and recipients, NULL for a plain one; the report; and a folder for
    // what is not encrypted yet, for root alone, on this PC's own disk.
    const struct enrolled *enrolled;
    const char *report;
    const char *scratch;
    package_progress *progress;
    void *context;
};

// Who signed a sealed package.
struct package_signer {
    char *name, *identity; // as text_printable(); NULL: its certificate says none
    uint8_t fingerprint[DIGEST_SIZE];
    uint64_t signed_at_ns; // wall time by its own clock; 0: the signature does not hold
    bool vouched;          // the site that was given has issued its certificate
};

struct package {
    char *path; // FOLDER/sekisho-HOST-YYYY-MM[-partial]
    struct manifest manifest;
    struct verify_result verified;
    struct package_signer signer;
    // A sealed one that was opened: a folder with its files as they are, removed by
    // package_clear(). NULL: nobody looked into it, or what is in it is not all there, and
    // `verified` speaks of its outside only.
    char *contents;
};

void package_clear(struct package *package);

// Builds it under a temporary name and renames it once all of it is on disk. What an interrupted
// one has left is removed. −EEXIST: there is a whole one of this month (*ret->path says where;
// nothing else is filled in then). One that was partial is replaced. −EKEYREJECTED: it was enrolled
// with another ledger. 0 also if the ledger does not verify: that is what ret->verified says.
must_check int package_make(const struct package_options *options, struct package *ret);

// Whichever form it has: *ret_sealed. −ENOENT: it holds no manifest, so it is no package.
must_check int package_find(const char *path, bool *ret_sealed);

// Of a plain one, checks manifest, sizes, hashes, the ledger, and that CSV and JSON come from it.
// Times in the CSV are in the manifest's time zone, which the caller sets before
// (package_read_zone()). Faults are added to ret->verified. −ENOENT: `path` holds no manifest.
must_check int package_verify(const char *path, const struct verify_witness *witness,
                              struct package *ret);
// The caller frees it.
must_check int package_read_zone(const char *path, char **ret_zone);

struct package_reader {
    X509 *site; // who must have issued the signer's certificate; NULL: not known
    // Of a recipient; both NULL: only what can be seen from outside is checked.
    X509 *certificate;
    EVP_PKEY *key;
    const char *scratch; // where the folder with the contents is made, for the owner alone
    struct verify_witness witness;
    bool (*is_cancelled)(void); // asked before each part; may be NULL
    package_progress *progress;
    void *context;
};

// Of a sealed one, checks signature, certificate, and each part; with a key it opens the parts into
// ret->contents and checks the ledger. Faults are added to ret->verified. −ENOENT: `path` holds no
// manifest; −ENOKEY: it is encrypted to others; −ECANCELED.
must_check int package_open(const char *path, const struct package_reader *reader,
                            struct package *ret);
// Of a file in the opened package. The caller frees it. NULL on lack of memory.
char *package_path_of(const struct package *package, enum manifest_item item);
