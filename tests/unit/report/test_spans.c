// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/spans.h"

#include <criterion/criterion.h>

Test(spans, what_overlaps_or_touches_is_joined)
{
    struct spans spans = {0};
    cr_assert_eq(spans_add(&spans, 10, 20), 0);
    cr_assert_eq(spans_add(&spans, 30, 40), 0);
    cr_assert_eq(spans_add(&spans, 20, 25), 0);
    cr_assert_eq(spans_add(&spans, 5, 12), 0);
    cr_assert_eq(spans_add(&spans, 9, 9), 0);
    cr_expect_eq(spans.n, 2);
    cr_expect_eq(spans.items[0].from_ns, 5);
    cr_expect_eq(spans.items[0].to_ns, 25);
    cr_expect_eq(spans_total(&spans, 0, 100), 30);
    spans_clear(&spans);
}

Test(spans, taking_out_the_middle_leaves_both_ends)
{
    struct spans spans = {0};
    cr_assert_eq(spans_add(&spans, 10, 40), 0);
    cr_assert_eq(spans_remove(&spans, 20, 30), 0);
    cr_expect_eq(spans.n, 2);
    cr_expect_eq(spans_total(&spans, 0, 100), 20);
    cr_assert_eq(spans_remove(&spans, 0, 100), 0);
    cr_expect_eq(spans.n, 0);
    spans_clear(&spans);
}

Test(spans, a_total_counts_only_what_lies_within)
{
    struct spans spans = {0};
    cr_assert_eq(spans_add(&spans, 10, 40), 0);
    cr_expect_eq(spans_total(&spans, 0, 10), 0);
    cr_expect_eq(spans_total(&spans, 30, 50), 10);
    spans_clear(&spans);
}
