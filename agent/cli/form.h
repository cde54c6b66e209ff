// SPDX-License-Identifier: GPL-3.0-or-later
// Forms that documents are filled from (report/template.h): an admin's own before the shipped ones.
#pragma once

#include "cli/cli.h"

// `name`: "erasure.ja.html". Filled from `document` as HTML; the caller frees the text. What is
// wrong is printed.
enum cli_exit form_fill_html(const struct command *command, const char *name, json_object *document,
                             char **ret_text);
