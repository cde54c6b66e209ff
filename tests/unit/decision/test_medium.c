// SPDX-License-Identifier: GPL-3.0-or-later
#include "decision/decision.h"

#include <criterion/criterion.h>

static const struct approval approval = {.number = 1};

Test(decide_medium, a_medium_without_approval_is_refused_although_its_keyboard_passed)
{
    struct verdict partly = {.allowed = true, .reason = REASON_PARTLY};
    struct medium medium = {.content = MEDIUM_ENCRYPTED};
    cr_expect_eq(decide_medium(&partly, &medium), MEDIUM_REFUSE);
    struct verdict refused = {.approval = &approval};
    cr_expect_eq(decide_medium(&refused, &medium), MEDIUM_REFUSE);
}

Test(decide_medium, a_plain_approval_opens_any_medium)
{
    struct verdict verdict = {.allowed = true, .approval = &approval};
    for (enum medium_content c = 0; c < MEDIUM_CONTENT_MAX; c++) {
        struct medium medium = {.content = c};
        cr_expect_eq(decide_medium(&verdict, &medium), MEDIUM_OPEN);
    }
}

Test(decide_medium, for_encrypted_media_only_what_was_found_encrypted_opens)
{
    static const enum medium_verdict expected[] = {
        [MEDIUM_UNCHECKED] = MEDIUM_HOLD,    [MEDIUM_EMPTY] = MEDIUM_HOLD,
        [MEDIUM_ENCRYPTED] = MEDIUM_OPEN,    [MEDIUM_PLAIN] = MEDIUM_REFUSE,
        [MEDIUM_UNREADABLE] = MEDIUM_REFUSE,
    };
    struct verdict verdict = {.allowed = true, .approval = &approval, .encrypted = true};
    for (enum medium_content c = 0; c < MEDIUM_CONTENT_MAX; c++) {
        struct medium medium = {.content = c};
        cr_expect_eq(decide_medium(&verdict, &medium), expected[c], "%s", medium_content_to_str(c));
    }
}

Test(decide_medium, a_read_only_medium_is_held_until_the_kernel_says_so)
{
    struct verdict verdict = {.allowed = true, .approval = &approval, .read_only = true};
    struct medium medium = {.content = MEDIUM_PLAIN};
    cr_expect_eq(decide_medium(&verdict, &medium), MEDIUM_HOLD);
    medium.read_only = true;
    cr_expect_eq(decide_medium(&verdict, &medium), MEDIUM_OPEN);
    verdict.encrypted = true;
    cr_expect_eq(decide_medium(&verdict, &medium), MEDIUM_REFUSE);
}
