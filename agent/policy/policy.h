// SPDX-License-Identifier: GPL-3.0-or-later
// The policy: an immutable tree, read from /etc/sekisho/policy.conf and policy.d/*.conf
// (libconfig).
#pragma once

#include "base/digest.h"
#include "policy/airgap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What holds where no policy says otherwise.
#define POLICY_FIRST_REPORT_DAYS 3
#define POLICY_FINAL_REPORT_DAYS 30
#define POLICY_PURPOSE_REPORT_DAYS 60
#define POLICY_REMIND_NS (UINT64_C(24) * 3600 * 1000000000)

struct officer {
    char *role; // "総括責任者", "保護責任者": as the site calls it
    char *name;
    char *phone;
    uint64_t from_ns, until_ns; // term of office, until_ns the first instant after it; 0: open
};
void officer_free(struct officer *officer);
DEFINE_CLEANUP(struct officer, officer_free)

// Names, no two the same.
struct policy_names {
    char **items;
    size_t n;
};
bool policy_names_have(const struct policy_names *names, const char *name); // NULL: no

// Who works with the data of one protected folder: nobody else needs to be able to read it.
struct handlers {
    char *folder;
    struct policy_names users;  // by login name
    struct policy_names groups; // and the members of these
};
void handlers_free(struct handlers *handlers);
DEFINE_CLEANUP(struct handlers, handlers_free)

// The training that clause 3 (3) asks for.
enum training_every { TRAINING_YEAR, TRAINING_FISCAL_YEAR, TRAINING_NONE };
struct training_policy {
    enum training_every every; // within a year, or in each fiscal year, which begins in April
    uint64_t grace_ns;         // so long after that it is only overdue
    bool enforce;              // and then, or without any at all, nobody works here
};

// Who may log in, beside those in the register of operators: clause 3 (2).
struct operators_policy {
    bool is_there;                       // the section: without it nobody is asked about
    bool enforce;                        // whoever may not is refused; otherwise recorded only
    bool away_allow;                     // who is neither of the two below, without the daemon
    struct policy_names administrators;  // let in always
    struct policy_names break_glass;     // and these, which nobody uses otherwise
    struct policy_names exempt_services; // of PAM: whoever comes by them is not asked about
    struct training_policy training;
};

struct policy {
    // site
    char *site_name; // the contractor
    char *site_area; // the controlled area this PC stands in
    char *time_zone; // IANA name; months and days are cut in it
    struct officer **officers;
    size_t n_officers;
    bool self_approval; // one person alone works here: nobody else could approve or close
    // usb
    struct gate_class hubs, keyboards, mice, other_input;
    enum gate_caution further_keyboards, keyboards_while_locked;
    struct gate_ports ports;
    struct approval **approvals;
    size_t n_approvals;
    // network: links and peers; the mode in it is not the policy's to say
    struct airgap network;
    // files and office hours
    char **folders; // protected folders: absolute, without a slash at the end; no two the same
    size_t n_folders;
    struct handlers **handlers; // each of one of those folders; no two of the same
    size_t n_handlers;
    uint64_t fold_ns;      // repeats within so long are one row; 0: every access is a row
    uint16_t office_from;  // minutes since midnight; from = until: no office hours are stated
    uint16_t office_until; // the first minute after them
    uint8_t office_days;   // bit 0 Monday … bit 6 Sunday
    // antivirus
    char *antivirus_product; // name of the profile that counts; NULL: the first that is installed
    uint64_t definitions_max_ns; // how old definitions may be
    bool antivirus_on_access;    // is it used?
    uint64_t scan_max_ns;        // how long ago the last full scan may be; 0: none is asked for
    // ledger and retention
    uint64_t seal_interval_ns;
    uint64_t contract_end_ns; // first instant after the last contract's last day; 0: not stated
    // how the machine is to be set up
    struct policy_names administrators; // who may act as root; none: nobody is named
    struct policy_names ssh_keys;       // who may hold keys for ssh
    struct policy_names shared_names;   // of accounts that nobody in person stands behind; none:
                                        // those that report/posture-check-accounts.c knows
    bool ssh_passwords;                 // who comes by ssh may give a password
    bool time_server;                   // the clock is set from outside
    bool hibernation;                   // memory may be written to disk for it
    uint64_t lock_after_ns;             // a screen that nobody touches is locked by then
    struct operators_policy operators;  // who works here
    // what people ask for
    struct policy_names purposes; // to choose from in a pop-up; none: those that it knows
    uint64_t request_longest_ns;  // what is asked for ends within so long
    uint64_t request_expires_ns;  // one that nobody decides is open for so long
    bool request_encrypted;       // a stick that is asked for must be encrypted
    // incidents: within how many days the city is told, and when people are told again
    uint64_t first_report_days, final_report_days;
    uint64_t purpose_report_days; // the final report of what was done on purpose
    uint64_t remind_ns;
    // for other programs
    char *metrics_textfile; // absolute path, ends in ".prom"; NULL: none is written
    // what was read
    char *text;                // all files, each behind a line "# FILE", for the ledger
    uint8_t hash[DIGEST_SIZE]; // SHA-256 of `text`
};

// Everything wrong with a policy, in the order of files and lines.
struct policy_mistake {
    char *file;
    unsigned line; // 0: the file or folder as a whole
    char *what;    // in the session's language: what is wrong
    char *remedy;  // and what to write instead
};
struct policy_mistakes {
    struct policy_mistake *items;
    size_t n;
};
void policy_mistakes_clear(struct policy_mistakes *mistakes);

// Files in policy.d/ that begin so belong to the site's bundle: what is in it replaces them.
#define POLICY_SITE_PREFIX "50-site-"

// `etc` is a descriptor of the folder that holds policy.conf and policy.d/. 0; −EINVAL with at
// least one mistake and no policy (*ret_mistakes is untouched otherwise; the caller clears it);
// −ENOMEM. `trusted_owner`: files owned neither by that uid nor by root, or writable by
// group/world, are mistakes. Dates are cut in the policy's own time zone, whatever TZ says.
must_check int policy_load(int etc, const char *folder_name, uid_t trusted_owner,
                           struct policy **ret, struct policy_mistakes *ret_mistakes);
// The same, as it would be with the files of the folder `site` (a descriptor) instead of those in
// policy.d/ that the site has put there.
must_check int policy_load_with_site(int etc, int site, const char *folder_name,
                                     uid_t trusted_owner, struct policy **ret,
                                     struct policy_mistakes *ret_mistakes);
// From texts in memory, which count in this order.
struct policy_part {
    const char *name, *text; // as shown to people
};
must_check int policy_load_parts(const struct policy_part *parts, size_t n, struct policy **ret,
                                 struct policy_mistakes *ret_mistakes);
// One file alone, not with policy.d/: for `sekisho policy check FILE`.
must_check int policy_load_file(const char *path, uid_t trusted_owner, struct policy **ret,
                                struct policy_mistakes *ret_mistakes);
// From `text` of an earlier policy, as a ledger keeps it. −EINVAL: it is none.
must_check int policy_from_text(const char *text, struct policy **ret);
void policy_free(struct policy *policy);
DEFINE_CLEANUP(struct policy, policy_free)

// Policy, register and mode become the gate. −ENOSPC over APPROVALS_MAX.
must_check int policy_compile_gate(const struct policy *policy, enum gate_mode mode,
                                   struct approval *const *registered, size_t n_registered,
                                   uint64_t clock_floor_ns, struct gate **ret);

// Policy and mode become what the firewall is made of.
must_check int policy_compile_airgap(const struct policy *policy, enum gate_mode mode,
                                     struct airgap **ret);
