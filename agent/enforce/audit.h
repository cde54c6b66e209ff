// SPDX-License-Identifier: GPL-3.0-or-later
// Root actions on the kernel's audit subsystem, through libaudit. No function waits for longer than
// two seconds for an answer, and audit_change_rules() for five.
#pragma once

#include "enforce/audit-rules.h"

#include <stdint.h>

// What the kernel says of itself (struct audit_status). `lost` counts since boot, or since somebody
// set it back; pid: of auditd, as it registered, dead or alive; 0: none.
struct audit_state {
    uint32_t enabled; // 0 off, 1 on, 2 locked until the next boot
    uint32_t pid, backlog_limit, lost, backlog;
};

// −EPERM: no CAP_AUDIT_CONTROL; −EPROTONOSUPPORT: a kernel without audit; −ETIMEDOUT.
must_check int audit_read_state(struct audit_state *ret);
must_check int audit_enable(void);
// All rules, whoever's they are, in the kernel's order. −E2BIG for more than a machine can have.
must_check int audit_list_rules(struct audit_rules *ret);

// Takes the surplus out of the kernel and puts what is missing in front of all other rules, in a
// process of its own: a folder may lie on a file system that does not answer. errors[i] is 0 or
// −errno for difference->missing[i]: −ENOENT no such folder, −EINVAL the kernel knows no such
// filter. −ETIMEDOUT: not all was done in time; the rest is −ETIMEDOUT in errors, too.
must_check int audit_change_rules(const struct audit_difference *difference, int *errors);
