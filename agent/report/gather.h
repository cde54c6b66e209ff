// SPDX-License-Identifier: GPL-3.0-or-later
// Where a month's rows come from: this workstation's ledger, or a package.
#pragma once

#include "ledger/verify.h"
#include "report/month.h"

// From the ledger: the month's file, the one before it (what was in force when the month began) and
// the one behind it (late rows). All of them are verified. −ENOENT: there is no file of that month.
must_check int gather_ledger(const char *folder, const char *name, uint64_t now_ns,
                             struct month *ret_month, struct verify_result *ret_verified);

// From one closed file of that month alone.
must_check int gather_file(const char *path, const char *name, uint64_t now_ns,
                           struct month *ret_month);
