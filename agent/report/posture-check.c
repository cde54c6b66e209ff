// SPDX-License-Identifier: GPL-3.0-or-later
// Is the machine set up as the standard wants it? Clauses 5 (8), 5 (6), 9.
#include "report/posture-check.h"

static int look_at_nothing(const struct check *check, const struct check_sources *sources,
                           struct check_result *ret)
{
    (void)check;
    return check_give_unseen(&sources->posture, ret);
}

const struct check posture_checks[] = {
    {"5 (8)", "posture.seen", look_at_nothing, NULL},
};
const size_t posture_n_checks = ELEMENTS(posture_checks);
