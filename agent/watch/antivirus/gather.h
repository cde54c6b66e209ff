// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the antivirus products: what is installed, runs, knows, scans and found.
#pragma once

#include "base/util.h"

#include <json-c/json.h>

// `root`: descriptor of the machine's root folder. `arguments`: what follows the section on the
// command line of `health`. What can't be read is said in the document and is no failure.
must_check int antivirus_gather(int root, char *const arguments[], size_t n, json_object **ret);
