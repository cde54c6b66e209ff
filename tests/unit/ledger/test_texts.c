// SPDX-License-Identifier: GPL-3.0-or-later
#include "ledger/texts.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct texts *texts;

static void setup(void)
{
    cr_assert_eq(texts_new(&texts), 0);
}

static void teardown(void)
{
    texts_free(texts);
}

TestSuite(texts, .init = setup, .fini = teardown);

Test(texts, a_value_is_found_under_its_number_and_a_number_under_its_value)
{
    cr_assert_not_null(texts_remember_id(texts, 7, "関所", 6));
    cr_expect_str_eq(texts_by_id(texts, 7)->value, "関所");
    cr_expect_null(texts_by_id(texts, 8));
    texts_forget_all(texts);
    cr_assert_not_null(texts_remember_value(texts, 9, "", 0));
    cr_expect_eq(texts_by_value(texts, "", 0)->id, 9);
    cr_expect_null(texts_by_value(texts, "x", 1));
}

Test(texts, the_eight_of_a_row_stay_even_if_all_want_the_same_place)
{
    const struct text_entry *entry;
    for (uint64_t i = 0; i < 8; i++)
        cr_assert_not_null(texts_remember_id(texts, 5 + i * 4096, "value", 5));
    for (uint64_t i = 0; i < 8; i++) {
        entry = texts_by_id(texts, 5 + i * 4096);
        cr_assert_not_null(entry);
        cr_expect_str_eq(entry->value, "value");
    }
    cr_assert_not_null(texts_remember_id(texts, 5 + 8 * 4096, "ninth", 5));
    cr_expect_null(texts_by_id(texts, 5), "the oldest made room");
    cr_expect_not_null(texts_by_id(texts, 5 + 7 * 4096));
}

Test(texts, what_is_held_is_bounded)
{
    enum { LENGTH = 1 << 20 };
    char *value = calloc(1, LENGTH);
    cr_assert_not_null(value);
    for (uint64_t i = 1; i <= 65; i++) {
        texts_trim(texts);
        cr_assert_not_null(texts_remember_id(texts, i, value, LENGTH));
    }
    cr_expect_not_null(texts_by_id(texts, 1));
    texts_trim(texts);
    cr_expect_null(texts_by_id(texts, 1));
    free(value);
}
