// SPDX-License-Identifier: GPL-3.0-or-later
// How much a fact matters. A violation opens an incident and alerts.
#pragma once

#include "base/util.h"

enum severity {
    SEVERITY_INFO,
    SEVERITY_NOTICE,
    SEVERITY_WARNING,
    SEVERITY_VIOLATION,
    SEVERITY_MAX,
};

const char *severity_to_str(enum severity severity);
must_check int severity_from_str(const char *text, enum severity *ret);
