// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the program `health` with the caller's own rights, and waits for it.
#pragma once

#include "base/util.h"

#include <json-c/json.h>

struct health_question {
    const char *programs; // its folder
    const char *root;     // NULL: this machine
    const char *section;
    char *const *arguments; // behind the section
    size_t n;
};

// 0 and the document; −errno and a sentence of why (not translated; may be NULL on lack of memory).
must_check int health_ask(const struct health_question *question, json_object **ret,
                          char **ret_why);
