// SPDX-License-Identifier: GPL-3.0-or-later
// Does the antivirus truly work? Clause 5 (9).
#include "report/antivirus-check.h"

static int look_at_nothing(const struct check *check, const struct check_sources *sources,
                           struct check_result *ret)
{
    (void)check;
    return check_give_unseen(&sources->antivirus, ret);
}

const struct check antivirus_checks[] = {
    {"5 (9)", "antivirus.seen", look_at_nothing, NULL},
};
const size_t antivirus_n_checks = ELEMENTS(antivirus_checks);
