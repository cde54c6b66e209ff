// SPDX-License-Identifier: GPL-3.0-or-later
// The rules as a file that augenrules(8) merges: at boot they are there before the daemon, and they
// come back when somebody loads all files anew.
#pragma once

#include "enforce/audit-rules.h"

#define AUDIT_RULES_FOLDER "/etc/audit/rules.d"
#define AUDIT_RULES_FILE "60-sekisho.rules"

// Writes the file if it says something else, or takes it away if there are no rules. Nothing is
// loaded by it. −ENOENT: no such folder, so nobody merges files.
must_check int audit_file_write(const struct audit_rules *rules);
