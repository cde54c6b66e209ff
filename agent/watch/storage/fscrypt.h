// SPDX-License-Identifier: GPL-3.0-or-later
// Does the file system itself encrypt this folder or file (fscrypt), and has it the key?
#pragma once

#include "watch/storage/survey.h"

// Adds "fscrypt" (policy and key) where there is a policy, and "fscrypt_error" where nobody can
// tell. `fd`: O_PATH descriptor of what `path` leads to.
void fscrypt_add(const struct survey *survey, json_object *object, const char *path, int fd);
