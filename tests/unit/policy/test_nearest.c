// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/policy-value.h"

#include <criterion/criterion.h>

static const char *const words[] = {"keyboards", "mice", "hubs", "other_input"};

static const char *nearest(const char *word)
{
    return nearest_word(word, words, ELEMENTS(words));
}

Test(nearest, a_slip_of_the_fingers_is_understood)
{
    cr_expect_str_eq(nearest("keybaords"), "keyboards");
    cr_expect_str_eq(nearest("keyboard"), "keyboards");
    cr_expect_str_eq(nearest("mise"), "mice");
    cr_expect_str_eq(nearest("other-input"), "other_input");
}

Test(nearest, another_word_is_not_guessed)
{
    cr_expect_null(nearest("storage"));
    cr_expect_null(nearest(""));
    cr_expect_null(nearest("ab"));
    cr_expect_null(nearest("a_word_that_is_far_too_long_for_any_key"));
}
