// SPDX-License-Identifier: GPL-3.0-or-later
// Reading rows: filters over one or many monthly files, oldest first. Opens read-only, beside a
// writing daemon too.
#pragma once

#include "fact/fact.h"

#include <stdint.h>

struct query_filter {
    uint64_t since_ns, until_ns; // half-open; 0: no bound
    const char *kind;            // exact name or prefix with "*": "usb.*"; NULL: all
    const char *without;         // not this kind; exact; NULL: all
    const char *user;            // exact; NULL: all
    const char *path;            // glob on the object, or on the second path of a file row ("to"
                                 // in its details); NULL: all
    uint64_t after_sequence;     // rows behind this one only
    uint64_t limit;              // the newest of the matching rows only; 0: all of them
    int severity;                // at least; −1: all
    bool nameless;               // whoever only counts: exe and object stay NULL, which is half the
                                 // time of a month of files
};

// Every text is as stored: whoever prints one passes it through text_printable().
struct query_row {
    uint64_t sequence;
    struct fact fact;      // texts borrowed until the callback returns; kind is FACT_KIND_MAX for
                           // one that this version does not know
    const char *kind_name; // "" if the row names none
};

// A positive answer of the callback stops the query, which then returns it; a negative one is an
// error.
typedef int (*query_callback)(void *context, const struct query_row *row);

// Rows by sequence, files in the order given. No file is left out for its name, whatever the times
// that are asked for: what was read late stands in a later file, and what a clock said that was
// wrong stands in any. −EACCES, −ENOENT, −EBADMSG (not a ledger), −EIO.
must_check int query_run(const char *const *paths, size_t n, const struct query_filter *filter,
                         query_callback callback, void *context);
// Totals of what a person did with files within a quarter of an hour (FORMAT.md section 9), instead
// of the rows.
struct query_total {
    uint64_t begin_ns;   // of the quarter, UTC
    enum fact_kind kind; // FACT_KIND_MAX: one that this version does not know
    const char *user;    // borrowed until the callback returns; may be NULL
    uint32_t uid;        // FACT_NO_UID where there is a name
    bool refused;
    uint64_t times;
};
typedef int (*query_total_callback)(void *context, const struct query_total *total);
// Of one file; *ret_counted is the last row that is in them: those behind it are for query_run().
// 0: the file has none.
must_check int query_totals(const char *path, query_total_callback callback, void *context,
                            uint64_t *ret_counted);
// Paths of all monthly files below `folder`, in order; NULL-terminated, the caller frees it by
// query_free_paths().
must_check int query_list_months(const char *folder, char ***ret_paths, size_t *ret_n);
void query_free_paths(char **paths);
DEFINE_CLEANUP(char *, query_free_paths)
