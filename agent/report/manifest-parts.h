// SPDX-License-Identifier: GPL-3.0-or-later
// Between writing and reading the manifest.
#pragma once

#include "report/manifest.h"

// "sekisho-package/1".
const char *manifest_format(enum manifest_form form);
