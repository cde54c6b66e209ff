// SPDX-License-Identifier: GPL-3.0-or-later
// What clamd.conf(5) says: "Name value" on each line, a name possibly several times.
#pragma once

#include "base/util.h"

#include <stdbool.h>

// A copy of the value where the name stands first. −ENOENT: nowhere.
must_check int clamd_conf_find(const char *text, const char *name, char **ret);
// Does a line "name PATH" cover `folder`, as that path or one above it?
bool clamd_conf_covers(const char *text, const char *name, const char *folder);
