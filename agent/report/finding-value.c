// SPDX-License-Identifier: GPL-3.0-or-later
// Words and weights of the values.
#include "report/finding-value.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>

static const struct {
    const char *word;
    unsigned weight;
} values[] = {
    [FINDING_OK] = {"ok", 1},
    [FINDING_VIOLATION] = {"violation", 3},
    [FINDING_NOT_APPLICABLE] = {"not-applicable", 0},
    [FINDING_UNVERIFIED] = {"unverified", 2},
};
static_assert(ELEMENTS(values) == FINDING_VALUE_MAX, "a word for each value");

const char *finding_value_to_str(enum finding_value value)
{
    assert(value < FINDING_VALUE_MAX);
    return values[value].word;
}

int finding_value_from_str(const char *text, enum finding_value *ret)
{
    for (size_t i = 0; i < ELEMENTS(values); i++)
        if (text_equal(values[i].word, text)) {
            *ret = (enum finding_value)i;
            return 0;
        }
    return -EINVAL;
}

enum finding_value finding_value_worse(enum finding_value a, enum finding_value b)
{
    return values[a].weight >= values[b].weight ? a : b;
}
