// SPDX-License-Identifier: GPL-3.0-or-later
// Is a file looked at when it is opened? Proven by a test file of ours in a folder of ours.
#pragma once

#include "base/util.h"

#include <json-c/json.h>

struct on_access {
    int root;
    const char *folder; // absolute; has to be there
    const char *log;    // of the scanner, for one that only reports; NULL: none
};

// "refused": it could not be opened; "removed": it was taken away; "reported": it could be read,
// and the log names it; "passed": it could be read, and nothing came of it; "hung": opening it
// never ended. A literal. −errno: it could not be tried (−EACCES: not by this user).
must_check int on_access_try(const struct on_access *try, const char **ret);
