// SPDX-License-Identifier: GPL-3.0-or-later
// What `sekisho export` needs besides the ledger on a PC that is enrolled: keys, a folder for what
// is not encrypted yet, and the month's report.
#pragma once

#include "cli/cli.h"

#include "site/enrolled.h"

struct export_sealed {
    bool is_enrolled; // else nothing else is filled in
    struct enrolled enrolled;
    char *scratch; // STATE/export
    int lock;      // its descriptor, locked: only one export runs; −1
    char *report;
};

struct export_month {
    const char *state, *month, *template; // `template`: of the report; NULL for the usual one
};

void export_sealed_clear(struct export_sealed *sealed);
static inline void export_sealed_clear_p(struct export_sealed *sealed)
{
    export_sealed_clear(sealed);
}

// CLI_OK, or it has said why not. *ret starts as zeros with lock −1, and is the caller's to clear
// in either case.
enum cli_exit export_sealed_prepare(const struct export_month *month, struct export_sealed *ret);
