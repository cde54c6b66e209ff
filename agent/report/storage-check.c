// SPDX-License-Identifier: GPL-3.0-or-later
// Is the protected data truly encrypted where it lies, and who may read it? Clause 5 (6).
#include "report/storage-check.h"

static int look_at_nothing(const struct check *check, const struct check_sources *sources,
                           struct check_result *ret)
{
    (void)check;
    return check_give_unseen(&sources->storage, ret);
}

const struct check storage_checks[] = {
    {"5 (6)", "storage.seen", look_at_nothing, NULL},
};
const size_t storage_n_checks = ELEMENTS(storage_checks);
