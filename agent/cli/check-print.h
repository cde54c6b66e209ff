// SPDX-License-Identifier: GPL-3.0-or-later
// How findings are shown: the standard's table, a row a clause; each check; or JSON.
#pragma once

#include "cli/cli.h"
#include "report/check.h"

struct check_line {
    const struct check *check;
    struct check_result result;
};

struct check_lines {
    struct check_line *items; // owned, with what is in them
    size_t n;
};
void check_lines_clear(struct check_lines *lines);

// Nothing in it is a violation or unverified.
bool check_lines_are_well(const struct check_lines *lines);

// A row for each clause of the standard: the worst of what its checks found. −ENOMEM.
must_check int check_print_clauses(const struct check_lines *lines,
                                   const struct cli_options *options);
// A row for each check, in the order given.
must_check int check_print_each(const struct check_lines *lines, const struct cli_options *options);
must_check int check_print_json(const struct check_lines *lines);
