// SPDX-License-Identifier: GPL-3.0-or-later
#include "trail/number.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t key[NUMBER_KEY_SIZE] = {1, 2, 3};

static char *mask(const char *text)
{
    char *masked = NULL;
    cr_assert_eq(number_mask(text, key, &masked), 0);
    return masked;
}

static void expect_same(const char *text)
{
    CLEANUP_FREE char *masked = mask(text);
    cr_expect_str_eq(masked, text);
}

// `before`, a token, `after`.
static void expect_token(const char *text, const char *before, const char *after)
{
    CLEANUP_FREE char *masked = mask(text), *token = mask("123456789018");
    CLEANUP_FREE char *expected = text_format("%s%s%s", before, token, after);
    cr_expect_str_eq(masked, expected);
}

Test(number, stands_as_a_token_of_sixteen_digits)
{
    CLEANUP_FREE char *token = mask("123456789018");
    cr_assert_eq(strlen(token), 21);
    cr_expect_eq(strncmp(token, "[MN:", 4), 0);
    cr_expect_eq(strspn(token + 4, "0123456789abcdef"), 16);
    cr_expect_eq(token[20], ']');
}

Test(number, is_found_wherever_it_stands_and_however_it_is_written)
{
    expect_token("/f/123456789018.pdf", "/f/", ".pdf");
    expect_token("/f/tanaka_123456789018", "/f/tanaka_", "");
    expect_token("/f/1234-5678-9018 a", "/f/", " a");
    expect_token("/f/1234 5678 9018", "/f/", "");
    expect_token("/f/１２３４５６７８９０１８", "/f/", "");
    expect_token("/f/１２３４－５６７８‐9018様", "/f/", "様");
    expect_token("/f/1-2-3-4-5-6-7-8-9-0-1-8", "/f/", "");
    expect_token("マイナンバー123456789018", "マイナンバー", "");
}

Test(number, twelve_digits_with_a_wrong_check_digit_are_none)
{
    expect_same("/f/123456789012");
    expect_same("/f/1234-5678-9012");
    expect_same("/f/202611251231");
}

Test(number, digits_that_are_more_or_fewer_are_none)
{
    expect_same("/f/1123456789018");
    expect_same("/f/1234567890188");
    expect_same("/f/12345678901");
    expect_same("/f/1234--5678-9018");
    expect_same("/f/1234_5678_9018");
    expect_same("");
}

Test(number, a_date_before_it_does_not_hide_it)
{
    expect_token("/f/2026-11-25-123456789018", "/f/2026-11-25-", "");
    expect_token("/f/2026-11-25 1234-5678-9018", "/f/2026-11-25 ", "");
    expect_token("/f/1234-5678-9018-20261125", "/f/", "-20261125");
}

Test(number, the_digits_of_an_escape_are_not_the_names)
{
    expect_token("/f/\\x5c123456789018", "/f/\\x5c", "");
    expect_same("/f/\\x12345678901");
    expect_token("/f/\\x0a123456789018\\x0a", "/f/\\x0a", "\\x0a");
}

Test(number, two_of_them_are_two_tokens)
{
    CLEANUP_FREE char *masked = mask("123456789018_1234-5678-9018");
    cr_assert_eq(strlen(masked), 43);
    cr_expect_eq(strncmp(masked, masked + 22, 21), 0);
}

Test(number, another_key_gives_another_token)
{
    static const uint8_t other[NUMBER_KEY_SIZE] = {9};
    CLEANUP_FREE char *token = mask("123456789018"), *another = NULL;
    cr_assert_eq(number_mask("123456789018", other, &another), 0);
    cr_expect_str_neq(token, another);
}

Test(number, a_token_is_left_as_it_is)
{
    expect_same("/f/[MN:0123456789012345]");
    CLEANUP_FREE char *once = mask("/f/123456789018");
    expect_same(once);
}

Test(number, a_check_digit_of_a_rest_below_two_is_nought)
{
    CLEANUP_FREE char *masked = mask("000000000000");
    cr_expect_eq(strncmp(masked, "[MN:", 4), 0);
}
