// SPDX-License-Identifier: GPL-3.0-or-later
// How the machine's auditing is set up: what in auditd.conf(5), in the rules of auditctl(8) and on
// the kernel command line would lose events. Clauses 5 (3), 5 (6).
#pragma once

#include "report/check.h"

extern const struct check audit_setup_checks[];
extern const size_t audit_setup_n_checks;
