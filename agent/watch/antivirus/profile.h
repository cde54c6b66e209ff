// SPDX-License-Identifier: GPL-3.0-or-later
// Profiles of antivirus products: one libconfig file each, in /usr/lib/sekisho/antivirus.d; one of
// the same file name in /etc/sekisho/antivirus.d stands in its place.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stddef.h>

#define PROFILE_LIST_MAX 8
#define PROFILES_MAX 32
#define PROFILE_VENDOR_FOLDER "usr/lib/sekisho/antivirus.d" // below the root folder
#define PROFILE_SITE_FOLDER "etc/sekisho/antivirus.d"

// Texts of a profile. What is not stated is NULL.
enum profile_text {
    PROFILE_NAME,               // "clamav"
    PROFILE_TITLE,              // "ClamAV"
    PROFILE_PROGRAM,            // it is installed if this file is there
    PROFILE_UNIT,               // of systemd
    PROFILE_PROCESS,            // path of the program that has to run
    PROFILE_DEFINITIONS_FOLDER, // with definitions.names: files with a CVD header
    PROFILE_DEFINITIONS_FILE,   // its time of change is the definitions' date
    PROFILE_SOCKET_CONFIG,      // clamd.conf
    PROFILE_SOCKET_PATH,        // without LocalSocket in it
    PROFILE_ON_ACCESS_PROCESS,
    PROFILE_ON_ACCESS_FOLDER, // in which we place a test file
    PROFILE_ON_ACCESS_LOG,
    PROFILE_SCAN_LOG,                  // of clamscan or clamdscan
    PROFILE_SCAN_STAMP,                // a file that is touched after each full scan
    PROFILE_LOG,                       // of what was found
    PROFILE_FIELD_HEALTHY,             // of the JSON that the command prints: a switch
    PROFILE_FIELD_DEFINITIONS_MINUTES, // … a number
    PROFILE_FIELD_ON_ACCESS,           // … a switch
    PROFILE_TEXT_MAX
};

struct profile {
    char *file; // as people know it: "/etc/sekisho/antivirus.d/x.conf"
    bool tried; // with the product itself, by whoever wrote the profile
    char *text[PROFILE_TEXT_MAX];
    char *names[PROFILE_LIST_MAX + 1]; // definitions.names, ended by NULL
    char *command[PROFILE_LIST_MAX + 1];
};

enum profile_fault {
    PROFILE_FAULT_UNREADABLE,
    PROFILE_FAULT_UNTRUSTED, // not root's, or others may write it
    PROFILE_FAULT_SYNTAX,
    PROFILE_FAULT_UNKNOWN_KEY,
    PROFILE_FAULT_WRONG_TYPE,
    PROFILE_FAULT_NO_PATH, // a path has to be absolute
    PROFILE_FAULT_MISSING, // a key that has to be there
    PROFILE_FAULT_TOO_MANY,
    PROFILE_FAULT_MAX
};
const char *profile_fault_to_str(enum profile_fault fault);

struct profile_mistake {
    char *file;
    unsigned line; // 0: the file as a whole
    enum profile_fault fault;
    char *key; // NULL: none in particular
};

struct profiles {
    struct profile *items;
    size_t n;
    struct profile_mistake *mistakes;
    size_t n_mistakes;
};
void profiles_clear(struct profiles *profiles);

// All of them, in the order of file names; a file with a mistake gives no profile. `root`:
// descriptor of the root folder. −ENOMEM.
must_check int profiles_read(int root, struct profiles *ret);
