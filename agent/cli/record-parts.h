// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands that keep registers share: attest, visit, asset, review, audit.
#pragma once

#include "cli/cli.h"

#include "policy/record.h"

// One command's face of its register.
struct record_face {
    const struct command *command;
    enum record_register which;
    const char *add;                      // its verb; NULL: the clause stands in its place
    const char *end;                      // NULL: entries don't end
    const char *states[RECORD_STATE_MAX]; // N_(), what people call them there
};

static inline const struct record_form *record_face_form(const struct record_face *face)
{
    return record_form_of(face->which);
}

// "list [--csv]".
enum cli_exit record_list(const struct record_face *face, int argc, char *argv[],
                          const struct cli_options *options);

// Reads the file at `path` and adds {"name", "sha256", "size"} to `fields`, or says why not.
enum cli_exit record_add_document(const struct command *command, const char *path,
                                  json_object *fields);
// "check FILE": of which entries is it the document, byte for byte?
enum cli_exit record_check_document(const struct record_face *face, int argc, char *argv[],
                                    const struct cli_options *options);
// "clauses": those that are attested.
enum cli_exit record_list_clauses(const struct cli_options *options);
