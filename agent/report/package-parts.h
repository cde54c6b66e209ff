// SPDX-License-Identifier: GPL-3.0-or-later
// Between the files that make and check a package.
#pragma once

#include "report/package.h"

// ---- Making ------------------------------------------------------------------------------------

struct package_build {
    const struct package_options *options;
    const char *path; // of the temporary folder
    int folder;
    struct package *package; // described already: all of the manifest that the ledger does not say
};

void package_tell(const struct package_build *build, enum package_step step, uint64_t done);
// Both fill the folder; the manifest comes last.
must_check int package_fill_plain(struct package_build *build);
must_check int package_fill_sealed(struct package_build *build);
// Copies the ledger to `path`, on the disk for good.
must_check int package_copy_ledger(struct package_build *build, const char *path);
// What the ledger's copy proves goes into the package.
must_check int package_verify_copy(struct package_build *build, const char *path);

// Removes the folder of an opened package.
void package_drop_contents(struct package *package);

// ---- Checking ----------------------------------------------------------------------------------

struct package_check {
    const char *path;
    int folder;
    const struct verify_witness *witness;
    struct package *package;
};

// Takes `what`.
must_check int package_add_fault(struct package_check *check, const char *file, char *what);
// Is it whole by its chain and seals, and of that host, month and head which the manifest names?
must_check int package_check_ledger(struct package_check *check, const char *ledger);
// Files that do not belong there.
must_check int package_check_strangers(struct package_check *check);
