// SPDX-License-Identifier: GPL-3.0-or-later
// The names of the severities.
#include "fact/severity.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>

static const char *const names[] = {
    [SEVERITY_INFO] = "info",
    [SEVERITY_NOTICE] = "notice",
    [SEVERITY_WARNING] = "warning",
    [SEVERITY_VIOLATION] = "violation",
};
static_assert(ELEMENTS(names) == SEVERITY_MAX, "a name for each severity");

const char *severity_to_str(enum severity severity)
{
    assert(severity < SEVERITY_MAX);
    return names[severity];
}

int severity_from_str(const char *text, enum severity *ret)
{
    for (enum severity s = 0; s < SEVERITY_MAX; s++) {
        if (text_equal(names[s], text)) {
            *ret = s;
            return 0;
        }
    }
    return -EINVAL;
}
