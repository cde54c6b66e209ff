// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's audit rules that make access to a folder visible: which ones there should be, which
// of those the kernel lists are missing or too many, and the same as lines for auditctl(8). Pure.
//
// A directory rule stops at mount points, so each mount below a folder is a place of its own. The
// rules are narrow, for every system call that one matches costs a record: only people (a login uid
// is set), only what opens, changes or names something, only what succeeded or was refused.
// Somebody who may not even look into a folder never comes to it, so what is refused has rules
// without one.
#pragma once

#include "base/util.h"
#include "trail/trail.h" // the keys

#include <libaudit.h>
#include <stdbool.h>
#include <stddef.h>

// A list of rules as the kernel takes and lists them; each is followed by its texts (buflen).
// Owned.
struct audit_rules {
    struct audit_rule_data **items;
    size_t n;
};
void audit_rules_clear(struct audit_rules *rules);
// Takes over `rule` in any case. −ENOMEM.
must_check int audit_rules_append(struct audit_rules *rules, struct audit_rule_data *rule);

// Appends what a place needs. `path`: absolute, at most 4,095 bytes. `uring`: the kernel knows a
// filter for io_uring (Linux 5.16). −ENOMEM, −EINVAL.
must_check int audit_rules_add_folder(struct audit_rules *rules, const char *path, bool uring);
// What is refused before the kernel has come to a folder, anywhere; needed once, if there is a
// folder. Put in before the folders' rules, so that it comes to stand behind them in the kernel.
must_check int audit_rules_add_refused(struct audit_rules *rules, bool uring);
// Writing only.
must_check int audit_rules_add_medium(struct audit_rules *rules, const char *path, bool uring);

// A copy of `length` bytes that should be a rule. −EBADMSG: they are none; −ENOMEM.
must_check int audit_rule_copy(const void *data, size_t length, struct audit_rule_data **ret);
size_t audit_rule_length(const struct audit_rule_data *rule);
// It has one of our keys.
bool audit_rule_is_ours(const struct audit_rule_data *rule);
bool audit_rule_is_for_uring(const struct audit_rule_data *rule);
// Its folder, allocated; NULL if it has none, or on lack of memory.
char *audit_rule_folder(const struct audit_rule_data *rule);
bool audit_rule_is_same(const struct audit_rule_data *a, const struct audit_rule_data *b);
bool audit_rules_hold(const struct audit_rules *rules, const struct audit_rule_data *rule);

// What the kernel should do, and does. The rules are borrowed from the two lists.
struct audit_difference {
    const struct audit_rule_data **missing, **surplus;
    size_t n_missing, n_surplus;
    bool overruled; // a rule that says "never" stood before one of ours, which is both missing and
                    // surplus then: it has to be put in front
    bool no_tasks;  // a rule says that new processes are not audited at all
};
void audit_difference_clear(struct audit_difference *difference);
// `found`: all rules of the kernel, in its order. −ENOMEM.
must_check int audit_rules_compare(const struct audit_rules *wanted,
                                   const struct audit_rules *found, struct audit_difference *ret);

// The text of a file for augenrules(8). Left out is what that or an older auditctl(8) cannot read:
// rules for io_uring, and folders with control characters in their names. NULL on lack of memory.
char *audit_rules_to_text(const struct audit_rules *rules);
