// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/digest.h"

#include "base/text.h"

#include <criterion/criterion.h>

// FIPS 180-2, appendix B.1.
#define OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

Test(digest, it_is_sha_256)
{
    uint8_t found[DIGEST_SIZE];
    char text[DIGEST_TEXT_SIZE];
    digest_of("abc", 3, found);
    text_hex(found, sizeof found, text);
    cr_expect_str_eq(text, OF_ABC);
}

Test(digest, in_pieces_it_is_the_same_and_after_a_reset_again)
{
    CLEANUP(digest_free_p) struct digest *digest = NULL;
    uint8_t found[DIGEST_SIZE];
    char text[DIGEST_TEXT_SIZE];
    cr_assert_eq(digest_new(&digest), 0);
    for (int round = 0; round < 2; round++) {
        digest_reset(digest);
        digest_add(digest, "a", 1);
        digest_add(digest, "bc", 2);
        digest_end(digest, found);
        text_hex(found, sizeof found, text);
        cr_expect_str_eq(text, OF_ABC);
    }
}
