// SPDX-License-Identifier: GPL-3.0-or-later
// A register as people ask for it ("list [--csv]", --json): a table, CSV with all of its columns,
// or the document as it is.
#pragma once

#include "cli/cli.h"
#include "cli/table.h"

#include <json-c/json.h>

struct listing_column {
    const char *key;   // heading of CSV
    const char *label; // N_(), for people; NULL: only in CSV
    // What stands there, for the caller to free; NULL: nothing.
    char *(*describe)(const struct listing_column *column, json_object *entry);
    enum table_color (*color)(json_object *entry); // NULL: none
    const void *about;                             // describe()'s own
};

struct listing {
    const struct command *command;
    const char *nothing; // N_(), said instead of an empty table
    const struct listing_column *columns;
    size_t n;
};

// What `key` of the entry holds: a text, a number (nothing for 0), a moment (nothing for 0).
char *listing_text(const struct listing_column *column, json_object *entry);
char *listing_number(const struct listing_column *column, json_object *entry);
char *listing_minute(const struct listing_column *column, json_object *entry);

// Is it --csv? There are no other options, and no arguments behind the verb.
enum cli_exit listing_parse(const struct command *command, int argc, char *argv[], bool *ret_csv);
enum cli_exit listing_print(const struct listing *listing, json_object *entries, bool csv,
                            const struct cli_options *options);

// One cell of CSV, and the end of the line behind the last.
void listing_print_cell(const char *text, bool last);
