// SPDX-License-Identifier: GPL-3.0-or-later
// What a check is: one line of the standard's table. Each room of checks is a list of these; what
// they look at is read before, so that they are pure.
#pragma once

#include "report/finding.h"

#include <stddef.h>

// A file as it was read. Borrowed.
struct check_text {
    const char *path; // for people
    const char *text; // NULL: it could not be read
    int error;        // −errno: why not
};

struct check_sources {
    struct check_text auditd_conf;  // /etc/audit/auditd.conf
    struct check_text audit_rules;  // /etc/audit/audit.rules: what is loaded at boot
    struct check_text command_line; // /proc/cmdline
};

struct check_result {
    enum finding_value value; // FINDING_OK only of what was seen to be in order
    char *evidence;           // in the session's language. Owned
    char *remedy;             // the same; NULL where there is nothing to do. Owned
};
void check_result_clear(struct check_result *result);

struct check {
    const char *clause; // "5 (6)"
    const char *name;   // stable, for --json: "audit.flush"
    // −ENOMEM.
    int (*look)(const struct check *check, const struct check_sources *sources,
                struct check_result *ret);
    const void *about; // what `look` needs to know; NULL: nothing
};
