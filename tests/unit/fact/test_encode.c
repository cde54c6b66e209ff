// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/encode.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct fact *fact;
static struct digest *digest;

static void setup(void)
{
    fact = fact_new(FACT_USB_BLOCKED);
    cr_assert_not_null(fact);
    fact->at = (struct moment){
        .wall_ns = 1, .monotonic_ns = 2, .boot = "0123456789abcdef0123456789abcdef"};
    cr_assert_eq(digest_new(&digest), 0);
}

static void teardown(void)
{
    fact_free(fact);
    digest_free(digest);
}

TestSuite(encode, .init = setup, .fini = teardown);

static void digest_of_fact(uint64_t sequence, uint8_t ret[DIGEST_SIZE])
{
    struct fact_row row;
    cr_assert_eq(fact_to_row(fact, sequence, &row), 0);
    fact_row_digest(&row, digest, ret);
}

Test(encode, the_digest_is_of_the_bytes_in_the_format)
{
    static const uint8_t bytes[] = "sekisho row 1\0"
                                   "\0\0\0\0\0\0\0\x07" // seq
                                   "\0\0\0\0\0\0\0\x01" // wall_ns
                                   "\0\0\0\0\0\0\0\x02" // mono_ns
                                   "\x03"               // severity
                                   "\xff\xff\xff\xff"   // uid: nobody
                                   "\0\0\x01\x02"       // pid
                                   "\0\0\0\x20"
                                   "0123456789abcdef0123456789abcdef" // boot
                                   "\0\0\0\x0b"
                                   "usb.blocked"
                                   "\xff\xff\xff\xff" // user
                                   "\xff\xff\xff\xff" // session
                                   "\xff\xff\xff\xff" // exe
                                   "\0\0\0\x03"
                                   "\xe9\x96\xa2"      // object
                                   "\0\0\0\0"          // outcome: the empty text
                                   "\xff\xff\xff\xff"; // details
    uint8_t expected[DIGEST_SIZE], found[DIGEST_SIZE];
    fact->pid = 258;
    cr_assert_eq(text_set(&fact->object, "\xe9\x96\xa2"), 0);
    cr_assert_eq(text_set(&fact->outcome, ""), 0);
    digest_of(bytes, sizeof bytes - 1, expected);
    digest_of_fact(7, found);
    cr_expect_arr_eq(found, expected, DIGEST_SIZE);
}

Test(encode, each_field_changes_the_digest)
{
    uint8_t seen[16][DIGEST_SIZE];
    size_t n = 0;
    digest_of_fact(1, seen[n++]);
    digest_of_fact(2, seen[n++]);
    fact->at.wall_ns++;
    digest_of_fact(1, seen[n++]);
    fact->at.monotonic_ns++;
    digest_of_fact(1, seen[n++]);
    fact->severity = SEVERITY_INFO;
    digest_of_fact(1, seen[n++]);
    fact->uid = 0;
    digest_of_fact(1, seen[n++]);
    fact->pid = 1;
    digest_of_fact(1, seen[n++]);
    char **texts[] = {&fact->user,   &fact->session, &fact->exe,
                      &fact->object, &fact->outcome, &fact->details};
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        cr_assert_eq(text_set(texts[i], texts[i] == &fact->details ? "{}" : ""), 0);
        digest_of_fact(1, seen[n++]);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            cr_expect(memcmp(seen[i], seen[k], DIGEST_SIZE) != 0, "%zu and %zu", k, i);
}

Test(encode, an_observation_is_no_row)
{
    struct fact_row row;
    fact->kind = FACT_SEEN_USB;
    cr_expect_eq(fact_to_row(fact, 1, &row), -EINVAL);
}

Test(encode, text_that_is_not_utf8_is_refused)
{
    struct fact_row row;
    cr_assert_eq(text_set(&fact->object, "\xff"), 0);
    cr_expect_eq(fact_to_row(fact, 1, &row), -EINVAL);
}

Test(encode, a_text_longer_than_the_format_allows_is_refused)
{
    struct fact_row row;
    CLEANUP_FREE char *text = malloc(FACT_TEXT_LENGTH_MAX + 2);
    cr_assert_not_null(text);
    memset(text, 'a', FACT_TEXT_LENGTH_MAX + 1);
    text[FACT_TEXT_LENGTH_MAX + 1] = '\0';
    fact->object = TAKE_PTR(text);
    cr_expect_eq(fact_to_row(fact, 1, &row), -EMSGSIZE);
    fact->object[FACT_TEXT_LENGTH_MAX] = '\0';
    cr_expect_eq(fact_to_row(fact, 1, &row), 0);
}

Test(encode, what_a_verifier_would_not_take_is_never_written)
{
    struct fact_row row;
    cr_assert_eq(text_set(&fact->details, "[]"), 0);
    cr_expect_eq(fact_to_row(fact, 1, &row), -EINVAL);
    cr_assert_eq(text_set(&fact->details, "{\"a\":1}"), 0);
    cr_expect_eq(fact_to_row(fact, 1, &row), 0);
    fact->at.boot[0] = '\0';
    cr_expect_eq(fact_to_row(fact, 1, &row), -EINVAL);
}
