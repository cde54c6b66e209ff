// SPDX-License-Identifier: GPL-3.0-or-later
// Definitions from a medium: copied to where nobody else can change them, looked at there by
// ClamAV's own sigtool, and put in place whole.
#pragma once

#include "base/digest.h"
#include "base/util.h"

#include <stdbool.h>
#include <stdint.h>

struct import_options {
    int medium;          // descriptor of the folder they are taken from
    int target;          // … and of the one that clamd reads
    const char *sigtool; // path of the program
    const char *path;    // of the target, for that program
};

enum import_result {
    IMPORT_DONE,
    IMPORT_NOT_NEWER, // than what is there
    IMPORT_UNSIGNED,  // its signature is not ClamAV's, or it is damaged
    IMPORT_NONE,      // it is no file of definitions
    IMPORT_RESULT_MAX
};

struct imported {
    enum import_result result;
    uint64_t version, built_s;
    char sha256[DIGEST_TEXT_SIZE];
};

// One file of that name ("daily.cvd"). −EFBIG over 1 GiB; −ENOENT: no sigtool, or no such file;
// −ETIMEDOUT: sigtool took more than 2 min.
must_check int import_file(const struct import_options *options, const char *name,
                           struct imported *ret);
// Is it one that ClamAV reads: "main", "daily" or "bytecode", with "cvd" or "cld"?
bool import_is_wanted(const char *name);
