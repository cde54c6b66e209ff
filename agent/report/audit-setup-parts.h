// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of audit-setup share.
#pragma once

#include "base/util.h"
#include "report/check.h"

// The file could not be read: unverified, whatever is asked of it.
must_check int audit_setup_give_unread(const struct check_text *source, struct check_result *ret);
// 0 for what is no number, as auditd and auditctl take it.
uint64_t audit_setup_number(const char *text);

// audit-setup-kernel.c
int audit_setup_look_at_backlog(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret);
int audit_setup_look_at_waiting(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret);
int audit_setup_look_at_rate(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret);
int audit_setup_look_at_enabled(const struct check *check, const struct check_sources *sources,
                                struct check_result *ret);
int audit_setup_look_at_exceptions(const struct check *check, const struct check_sources *sources,
                                   struct check_result *ret);
int audit_setup_look_at_boot(const struct check *check, const struct check_sources *sources,
                             struct check_result *ret);
int audit_setup_look_at_boot_backlog(const struct check *check, const struct check_sources *sources,
                                     struct check_result *ret);
