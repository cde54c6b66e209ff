// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the rows that make up the register of approvals: each line is a row, its first letter the
// kind (g granted, e ended, s stated), the rest its details.
#include "ledger/approval-set.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 200

static int apply_line(struct approval_set *set, const char *line, uint64_t sequence)
{
    enum fact_kind kind = line[0] == 'g'   ? FACT_APPROVAL_GRANTED
                          : line[0] == 'e' ? FACT_APPROVAL_ENDED
                                           : FACT_REGISTER_STATED;
    return approval_set_apply(set, kind, line[0] ? line + 1 : NULL, sequence);
}

static void expect_same(const struct approval_set *a, const struct approval_set *b)
{
    if (a->current.n != b->current.n)
        abort();
    for (size_t i = 0; i < a->current.n; i++)
        if (a->current.items[i]->number != b->current.items[i]->number ||
            !approval_is_for_same(a->current.items[i], b->current.items[i]))
            abort();
}

// Numbers go up, and what is stated gives the same register again. (A fuzzer can state numbers that
// the ledger has not come to yet; a grant behind those is out of order, and not restated here.)
static void expect_sound(const struct approval_set *set)
{
    CLEANUP(approval_set_clear) struct approval_set again = {0};
    for (size_t i = 1; i < set->current.n; i++)
        if (set->current.items[i]->number <= set->current.items[i - 1]->number)
            return;
    for (size_t part = 1; part <= approval_set_parts(set); part++) {
        CLEANUP_FREE char *details = NULL;
        if (approval_set_state(set, part, &details) < 0 ||
            approval_set_apply(&again, FACT_REGISTER_STATED, details, part) < 0)
            abort();
    }
    expect_same(set, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(approval_set_clear) struct approval_set set = {0};
    CLEANUP_FREE char *text = strndup((const char *)data, size);
    char *rest = text;
    uint64_t sequence = 1;
    for (char *line; sequence <= ROWS_MAX && (line = strsep(&rest, "\n")); sequence++)
        (void)apply_line(&set, line, sequence);
    expect_sound(&set);
    return 0;
}
