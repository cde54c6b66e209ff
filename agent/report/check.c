// SPDX-License-Identifier: GPL-3.0-or-later
// The results of checks.
#include "report/check.h"

#include <errno.h>
#include <stdlib.h>

void check_result_clear(struct check_result *result)
{
    free(result->evidence);
    free(result->remedy);
    *result = (struct check_result){0};
}

int check_give(struct check_result *ret, enum finding_value value, char *evidence, char *remedy)
{
    struct check_result result = {value, evidence, remedy};
    if (!evidence || (!remedy && (value == FINDING_VIOLATION || value == FINDING_UNVERIFIED))) {
        check_result_clear(&result);
        return -ENOMEM;
    }
    *ret = result;
    return 0;
}
