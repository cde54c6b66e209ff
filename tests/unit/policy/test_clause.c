// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/clause.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_found(const char *text, const char *name)
{
    const struct clause *clause = clause_find(text);
    cr_assert_not_null(clause, "%s", text);
    cr_expect_str_eq(clause->name, name);
}

Test(clause, is_found_however_its_spaces_and_brackets_are_typed)
{
    expect_found("4 (2)", "4 (2)");
    expect_found("4(2)", "4 (2)");
    expect_found(" 4 ( 2 ) ", "4 (2)");
    expect_found("4（2）", "4 (2)");
    expect_found("5(12)", "5 (12)");
    expect_found("11", "11");
    expect_found("5.12", "5 (12)");
}

Test(clause, that_is_none_is_not_found)
{
    const char *const none[] = {"",        "4",    "4 (9)", "12", "4 (2", "(2)",
                                "4 (2) 5", "4.2)", "4.2.1", "4.", ".",    "11111111111111111"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_expect_null(clause_find(none[i]), "%s", none[i]);
}

Test(clause, has_one_row_each_in_the_order_of_the_standard)
{
    for (size_t i = 1; i < clauses_n; i++)
        cr_expect_lt(strverscmp(clauses[i - 1].name, clauses[i].name), 0, "%s", clauses[i].name);
}

Test(clause, the_nearest_has_the_same_number)
{
    cr_expect_str_eq(clause_nearest("4 (9)"), "4 (1)");
    cr_expect_str_eq(clause_nearest("1"), "1 (1)");
    cr_expect_str_eq(clause_nearest("8 (1)"), "8");
    cr_expect_null(clause_nearest("rules"));
    cr_expect_null(clause_nearest(""));
}
