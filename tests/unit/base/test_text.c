// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static void expect_escaped(const char *data, size_t length, const char *expected)
{
    CLEANUP_FREE char *text = text_escape(data, length, 256);
    cr_expect_str_eq(text, expected);
    cr_expect(text_is_utf8(text, strlen(text)));
}

Test(text, japanese_stays_as_it_is)
{
    expect_escaped("関所 USB", strlen("関所 USB"), "関所 USB");
}

Test(text, control_characters_and_backslashes_are_made_visible)
{
    expect_escaped("a\n\x1b[31m\\", 8, "a\\x0a\\x1b[31m\\x5c");
}

Test(text, invalid_utf8_is_made_visible_byte_by_byte)
{
    expect_escaped("\xff\xc0\x80\xed\xa0\x80z", 7, "\\xff\\xc0\\x80\\xed\\xa0\\x80z");
}

Test(text, a_sequence_that_is_cut_off_is_made_visible)
{
    expect_escaped("\xe9\x96", 2, "\\xe9\\x96");
}

Test(text, bidirectional_overrides_are_made_visible)
{
    expect_escaped("\xe2\x80\xaegpj", 6, "\\xe2\\x80\\xaegpj");
}

Test(text, a_long_text_is_cut_with_an_ellipsis)
{
    CLEANUP_FREE char *text = text_escape("abcdef", 6, 3);
    cr_expect_str_eq(text, "abc…");
}

Test(text, hexadecimal_goes_there_and_back)
{
    uint8_t back[3];
    char hex[7];
    text_hex("\x00\xab\xff", 3, hex);
    cr_expect_str_eq(hex, "00abff");
    cr_expect_eq(text_unhex(hex, 3, back), 0);
    cr_expect_arr_eq(back, "\x00\xab\xff", 3);
    cr_expect_eq(text_unhex("00abf", 3, back), -EINVAL);
    cr_expect_eq(text_unhex("00abfg", 3, back), -EINVAL);
}

Test(text, a_number_is_read_whole_or_refused)
{
    uint64_t n = 7;
    cr_expect_eq(text_to_u64("42", 10, 100, &n), 0);
    cr_expect_eq(n, 42);
    cr_expect_eq(text_to_u64("-1", 10, 100, &n), -EINVAL);
    cr_expect_eq(text_to_u64("4 ", 10, 100, &n), -EINVAL);
    cr_expect_eq(text_to_u64("", 10, 100, &n), -EINVAL);
    cr_expect_eq(text_to_u64("101", 10, 100, &n), -ERANGE);
    cr_expect_eq(n, 42, "untouched on failure");
}

Test(text, what_is_printable_already_is_not_escaped_twice)
{
    CLEANUP_FREE char *clean = text_printable("関所\\x0a"), *dirty = text_printable("a\n");
    cr_expect_str_eq(clean, "関所\\x0a");
    cr_expect_str_eq(dirty, "a\\x0a");
}

Test(text, what_was_escaped_is_brought_back)
{
    static const char data[] = "a\0\xff\\関\xe2\x80\xae";
    CLEANUP_FREE char *text = text_escape(data, sizeof data - 1, 64);
    CLEANUP_FREE char *back = NULL;
    size_t length = 0;
    cr_assert_eq(text_unescape(text, &back, &length), 0);
    cr_assert_eq(length, sizeof data - 1);
    cr_expect_arr_eq(back, data, sizeof data);
}

Test(text, an_escape_that_would_not_have_been_written_is_refused)
{
    static const char *const wrong[] = {"\\",  "\\x4", "\\x41", "\\xFF",
                                        "\\n", "a\tb", "\xff",  "\\xe9\\x96\\xa2"};
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        char *data = NULL;
        cr_expect_eq(text_unescape(wrong[i], &data, NULL), -EINVAL, "%s", wrong[i]);
        cr_expect_null(data);
    }
}
