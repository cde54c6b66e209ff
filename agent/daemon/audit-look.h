// SPDX-License-Identifier: GPL-3.0-or-later
// One look at the kernel's audit rules: what should be there is put there, and what was found is
// said.
#pragma once

#include "daemon/audit-memory.h"
#include "daemon/audit-places.h"
#include "enforce/audit.h"

enum audit_finding {
    AUDIT_FINDING_OK,
    AUDIT_FINDING_LOCKED,    // -e 2: the kernel takes no change before the next boot
    AUDIT_FINDING_NO_FOLDER, // a protected folder is not there
    AUDIT_FINDING_TOO_MANY,  // places
    AUDIT_FINDING_NO_TASKS,  // a rule keeps new processes from being audited
    AUDIT_FINDING_FAILED,    // the kernel does not take a rule
    AUDIT_FINDING_UNCHECKED, // it could not be asked
    AUDIT_FINDING_MAX,
};

// What remains from look to look. Zeroed at first.
struct audit_look {
    bool looked;
    struct audit_places places; // of the last look
    struct audit_rules had;     // and what was in the kernel after it
};
void audit_look_clear(struct audit_look *look);

struct audit_seen {
    enum audit_finding finding;
    char *folder;   // that it is about, or NULL; owned
    int error;      // −errno, or 0
    size_t taken;   // rules that somebody had taken away, or made ineffective
    bool reloaded;  // only those for io_uring were: the others came back from rules.d
    bool overruled; // by a rule of others that says "never"
    bool restored;  // they are all back
    bool no_uring;  // found out now: the kernel has no filter for io_uring
};
void audit_seen_clear(struct audit_seen *seen);

// `locked`: the kernel's state is "enabled 2". Of `memory` it reads and writes `rules` and
// `no_uring`. −errno: it could not look.
must_check int audit_look_run(struct audit_look *look, const struct audit_places_sources *sources,
                              struct audit_memory *memory, bool locked, struct audit_seen *ret);
