// SPDX-License-Identifier: GPL-3.0-or-later
// Which claim the evidence allows.
#include "fact/erasure.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(erasure, only_whole_evidence_is_an_overwriting)
{
    const struct erase_evidence whole = {
        .written = true, .stayed = true, .in_place = true, .magnetic = true};
    cr_expect_eq(erase_level_of(&whole), ERASE_OVERWRITTEN);
    struct erase_evidence some = whole;
    some.written = false;
    cr_expect_eq(erase_level_of(&some), ERASE_UNLINKED);
    some = whole;
    some.in_place = false;
    cr_expect_eq(erase_level_of(&some), ERASE_UNLINKED);
    some = whole;
    some.stayed = false;
    cr_expect_eq(erase_level_of(&some), ERASE_UNPROVEN);
    some = whole;
    some.magnetic = false;
    cr_expect_eq(erase_level_of(&some), ERASE_UNPROVEN);
}

Test(erasure, encryption_is_claimed_where_no_overwriting_is_proven)
{
    struct erase_evidence evidence = {.encrypted = true};
    cr_expect_eq(erase_level_of(&evidence), ERASE_ENCRYPTED);
    evidence.written = evidence.in_place = evidence.stayed = true;
    cr_expect_eq(erase_level_of(&evidence), ERASE_ENCRYPTED);
    evidence.magnetic = true;
    cr_expect_eq(erase_level_of(&evidence), ERASE_OVERWRITTEN);
}

Test(erasure, without_any_evidence_it_is_only_deleted)
{
    cr_expect_eq(erase_level_of(&(struct erase_evidence){0}), ERASE_UNLINKED);
}

Test(erasure, of_a_container_the_keys_are_destroyed_where_they_lay_or_nothing_is_claimed)
{
    struct erase_evidence evidence = {.container = true, .written = true, .in_place = true};
    cr_expect_eq(erase_level_of(&evidence), ERASE_CRYPTO);
    evidence.in_place = false;
    cr_expect_eq(erase_level_of(&evidence), ERASE_UNLINKED);
    evidence = (struct erase_evidence){.container = true, .encrypted = true, .magnetic = true};
    cr_expect_eq(erase_level_of(&evidence), ERASE_UNLINKED);
}

Test(erasure, each_level_is_known_by_its_name)
{
    static const char *const names[] = {"overwritten", "encrypted-at-rest", "overwritten-unproven",
                                        "unlinked-only", "crypto-erase"};
    enum erase_level level;
    for (int i = 0; i < ERASE_LEVEL_MAX; i++) {
        cr_expect_str_eq(erase_level_to_str((enum erase_level)i), names[i]);
        cr_assert_eq(erase_level_from_str(names[i], &level), 0);
        cr_expect_eq(level, (enum erase_level)i);
        cr_expect_gt(strlen(erase_level_sentence(level)), 20);
    }
    cr_expect_eq(erase_level_from_str("melted", &level), -EINVAL);
    cr_expect_eq(erase_level_from_str(NULL, &level), -EINVAL);
}
