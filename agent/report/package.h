// SPDX-License-Identifier: GPL-3.0-or-later
// One month as a folder that explains itself: the ledger's file, the same rows as CSV and JSON, and
// a manifest with the hash of each. Clauses 5 (6), 10.
#pragma once

#include "ledger/verify.h"
#include "report/manifest.h"

enum package_step {
    PACKAGE_COPYING,
    PACKAGE_WRITING,
    PACKAGE_VERIFYING,
    PACKAGE_DONE,
    PACKAGE_STEP_MAX,
};

struct package_options {
    const char *ledger; // the month's file
    const char *folder; // where the package's folder goes; must exist
    bool partial;       // the month is not over
    const char *time_zone;
    // For people; may be NULL.
    void (*progress)(void *context, enum package_step step, uint64_t rows);
    void *context;
};

struct package {
    char *path; // FOLDER/sekisho-HOST-YYYY-MM[-partial]
    struct manifest manifest;
    struct verify_result verified;
};

void package_clear(struct package *package);

// Builds it under a temporary name and renames it once all of it is on disk. −EEXIST: there is a
// whole one of this month (*ret->path says where; nothing else is filled in then). One that was
// partial is replaced. 0 also if the ledger does not verify: that is what ret->verified says.
must_check int package_make(const struct package_options *options, struct package *ret);

// Checks manifest, sizes, hashes, the ledger, and that CSV and JSON come from it. Times in the CSV
// are in the manifest's time zone, which the caller sets before (package_read_zone()). Faults are
// added to ret->verified. −ENOENT: `path` holds no manifest, so it is no package.
must_check int package_verify(const char *path, const struct verify_witness *witness,
                              struct package *ret);
// The caller frees it.
must_check int package_read_zone(const char *path, char **ret_zone);
