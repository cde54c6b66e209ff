// SPDX-License-Identifier: GPL-3.0-or-later
// Reads how the machine is set up for those who sit at it: logins, screens, boot, clock, rights.
#pragma once

#include "base/util.h"

#include <json-c/json.h>

// The one argument there is: the installed package is compared with what dpkg knows of it, which
// takes longer than all the rest. Only of the machine itself.
#define POSTURE_WITH_PACKAGE "--with-package"

// `root`: descriptor of the machine's root folder. `arguments`: what follows the section on the
// command line of `health`. What can't be read is said in the document, in the "errors" of its
// topic, and is no failure.
must_check int posture_gather(int root, char *const arguments[], size_t n, json_object **ret);
