// SPDX-License-Identifier: GPL-3.0-or-later
// Where a package comes to stand: built under a temporary name beside it, and renamed.
#pragma once

#include "report/manifest.h"

// "sekisho-HOST-YYYY-MM[-partial]". The caller frees it; NULL on lack of memory.
char *package_place_name(const struct manifest *manifest);

// 0: the name is free, or what has it is partial and may be replaced. −EEXIST.
must_check int package_place_is_free(int parent, const char *name);

// Removes what interrupted exports of this name have left, and makes the temporary folder, whose
// name the caller frees. Whoever else makes a package of this name here at the same time is kept
// out by the caller.
must_check int package_place_begin(int parent, const char *name, char **ret_temporary);
// It takes its name, and what was partial is removed. −EEXIST as above.
must_check int package_place_end(int parent, const char *temporary, const char *name);
void package_place_drop(int parent, const char *temporary);

// Is it the name of a file that some package may have, or its manifest?
bool package_place_owns(const char *file);
