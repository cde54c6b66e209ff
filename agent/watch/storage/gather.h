// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the protected folders: on what they lie down to the disk, who may read them, and where
// copies of their content go (swap, temporary folders).
#pragma once

#include "base/util.h"

#include <json-c/json.h>

// `root`: descriptor of the machine's root folder. `arguments`: what follows the section on the
// command line of `health`. What can't be read is said in the document and is no failure.
must_check int storage_gather(int root, char *const arguments[], size_t n, json_object **ret);
