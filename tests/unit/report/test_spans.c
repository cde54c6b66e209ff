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

Test(spans, added_in_order_or_not_they_are_the_same)
{
    static const uint64_t order[][5] = {{0, 10, 20, 30, 40}, {40, 10, 30, 0, 20}};
    for (size_t i = 0; i < 2; i++) {
        struct spans spans = {0};
        for (size_t j = 0; j < 5; j++)
            cr_assert_eq(spans_add(&spans, order[i][j], order[i][j] + (j % 2 ? 10 : 5)), 0);
        cr_expect_eq(spans_total(&spans, 0, 100), 35);
        for (size_t j = 1; j < spans.n; j++)
            cr_expect_gt(spans.items[j].from_ns, spans.items[j - 1].to_ns, "joined, in order");
        spans_clear(&spans);
    }
}

Test(spans, what_lies_in_both_is_kept)
{
    struct spans a = {0}, b = {0};
    cr_assert_eq(spans_add(&a, 0, 10), 0);
    cr_assert_eq(spans_add(&a, 20, 30), 0);
    cr_assert_eq(spans_add(&b, 5, 25), 0);
    cr_assert_eq(spans_keep(&a, &b), 0);
    cr_assert_eq(a.n, 2);
    cr_expect_eq(a.items[0].from_ns, 5);
    cr_expect_eq(a.items[0].to_ns, 10);
    cr_expect_eq(a.items[1].from_ns, 20);
    cr_expect_eq(a.items[1].to_ns, 25);
    cr_assert_eq(spans_cut(&a, &(struct span){7, 22}), 0);
    cr_expect_eq(spans_total(&a, 0, 100), 5);
    spans_clear(&a);
    spans_clear(&b);
}
