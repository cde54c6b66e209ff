// SPDX-License-Identifier: GPL-3.0-or-later
// What a check is: one line of the standard's table. Each room of checks is a list of these; what
// they look at is read before, so that they are pure.
#pragma once

#include "policy/policy.h"
#include "report/finding.h"

#include <stddef.h>

// A file as it was read. Borrowed.
struct check_text {
    const char *path; // for people
    const char *text; // NULL: it could not be read
    int error;        // −errno: why not
};

// What the agent answers now of the network (ListNetwork). Borrowed.
struct check_network {
    json_object *answer; // NULL: it does not
    const char *why;     // why not
};

// The registers that people keep, as the agent answers them now (ListRecords of all). Borrowed.
struct check_records {
    json_object *answer; // an array; NULL: it does not, or they are not the caller's to read
    const char *why;     // why not
};

// The month so far, as the ledger tells it. Borrowed.
struct check_month {
    const char *name;
    const struct month *month; // NULL: it could not be read
    const struct verify_result *verified;
    int error; // −errno: why not
};

// What the program `health` sees of one part of the machine (agent/watch/NAME/gather.h). Borrowed.
struct check_facts {
    json_object *facts; // NULL: nothing could be found out
    const char *why;    // why not
};

// What the agent answers of itself (Status). Borrowed.
struct check_status {
    json_object *answer; // NULL: it does not
    const char *why;     // why not
};

struct check_sources {
    struct check_status status;
    const struct policy *policy; // NULL: there is none that can be read
    uint64_t now_ns;             // wall time
    struct check_facts antivirus, storage, posture;
    struct check_network network;
    struct check_records records;
    struct check_records operators; // the register of operators (ListOperators), the same way
    struct check_records incidents; // the same with ListIncidents
    struct check_month month;
    struct check_text auditd_conf;  // /etc/audit/auditd.conf
    struct check_text audit_rules;  // /etc/audit/audit.rules: what is loaded at boot
    struct check_text command_line; // /proc/cmdline
};

struct check_result {
    enum finding_value value; // FINDING_OK only of what was seen to be in order
    char *evidence;           // in the session's language. Owned
    char *remedy;             // the same; NULL where there is nothing to do. Owned
    // What exactly the finding is about, such as the folders that are not encrypted: another one is
    // a change even if the value stays. The same in each language and from look to look (no age, no
    // count). NULL: the value says it all. Owned
    char *subject;
};
void check_result_clear(struct check_result *result);
// Takes both texts. −ENOMEM if the evidence is missing, or the remedy where one is needed.
must_check int check_give(struct check_result *ret, enum finding_value value, char *evidence,
                          char *remedy);

// The same, with the subject; takes it too.
must_check int check_give_about(struct check_result *ret, enum finding_value value, char *evidence,
                                char *remedy, char *subject);
// Unverified: `health` could not look.
must_check int check_give_unseen(const struct check_facts *facts, struct check_result *ret);

// Unverified: the month's ledger could not be read.
must_check int check_give_month_unread(const struct check_month *month, struct check_result *ret);
// The same where the agent does not answer.
must_check int check_give_unanswered(const char *why, struct check_result *ret);

struct check {
    const char *clause; // "5 (6)"
    const char *name;   // stable, for --json: "audit.flush"
    // −ENOMEM.
    int (*look)(const struct check *check, const struct check_sources *sources,
                struct check_result *ret);
    const void *about; // what `look` needs to know; NULL: nothing
    const char *needs; // name of a check of the same room: as long as that one is not well, this
                       // one can't be either, and nobody is alarmed twice; NULL: none
};
