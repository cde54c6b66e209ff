// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/table.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

static char *print(const struct table *table, bool color, unsigned width)
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    table_print(table, file, color, width);
    (void)fclose(file);
    return text;
}

static struct table *two_rows(void)
{
    cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
    struct table *table = table_new("Device", "What", NULL);
    cr_assert_not_null(table);
    table_row(table);
    table_cell(table, "関所", TABLE_RED);
    table_cell(table, "storage", TABLE_PLAIN);
    table_row(table);
    table_cell(table, "a", TABLE_PLAIN);
    table_cell(table, NULL, TABLE_PLAIN);
    return table;
}

Test(table, a_japanese_character_takes_two_columns)
{
    CLEANUP(table_free_p) struct table *table = two_rows();
    CLEANUP_FREE char *text = print(table, false, 0);
    cr_expect_str_eq(text, "Device  What\n関所    storage\na       –\n");
    cr_expect_eq(table_text_width("関所 a"), 6);
}

Test(table, colour_does_not_count_as_width)
{
    CLEANUP(table_free_p) struct table *table = two_rows();
    CLEANUP_FREE char *text = print(table, true, 0);
    cr_expect(strstr(text, "\x1b[31m関所\x1b[0m    storage\n"), "%s", text);
}

Test(table, only_the_last_column_is_cut_and_never_below_20)
{
    CLEANUP(table_free_p) struct table *table = two_rows();
    table_row(table);
    table_cell(table, "b", TABLE_PLAIN);
    table_cell(table, "0123456789012345678901234567890", TABLE_PLAIN);
    CLEANUP_FREE char *wide = print(table, false, 32), *narrow = print(table, false, 10);
    cr_expect(strstr(wide, "b       01234567890123456789012…\n"), "%s", wide);
    cr_expect(strstr(narrow, "b       0123456789012345678…\n"), "%s", narrow);
}

Test(table, a_wide_character_is_not_cut_in_the_middle)
{
    char *text = NULL;
    size_t length;
    cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
    FILE *file = open_memstream(&text, &length);
    table_print_cut("関所関所", 6, file);
    (void)fclose(file);
    cr_expect_str_eq(text, "関所…");
    free(text);
}
