// SPDX-License-Identifier: GPL-3.0-or-later
#include "fact/luks_set.h"

#include <criterion/criterion.h>
#include <string.h>

#define ONE "7796db80-b101-43dd-b570-94d40c326ecd"
#define TWO "4f42f162-5415-4196-96ec-69f7b2c530af"

Test(luks_set, each_container_stands_in_it_once)
{
    CLEANUP_FREE char *set = NULL;
    cr_assert_eq(luks_set_add(&set, ONE), 0);
    cr_assert_eq(luks_set_add_all(&set, TWO " " ONE), 0);
    cr_expect_str_eq(set, ONE " " TWO);
    cr_expect(luks_set_has(set, TWO));
    cr_expect_not(luks_set_has(set, "4f42f162"), "no part of one");
    cr_expect_not(luks_set_has(NULL, ONE));
}

Test(luks_set, beyond_the_maximum_it_only_says_that_there_are_more)
{
    CLEANUP_FREE char *set = NULL;
    char uuid[UUID_TEXT_SIZE];
    const char *rest;
    size_t n = 0;
    for (unsigned i = 0; i < LUKS_SET_MAX + 9; i++) {
        (void)snprintf(uuid, sizeof uuid, "%08x-b101-43dd-b570-94d40c326ecd", i);
        cr_assert_eq(luks_set_add(&set, uuid), 0);
    }
    for (rest = set; luks_set_next(&rest, uuid);)
        n++;
    cr_expect_eq(n, LUKS_SET_MAX + 1);
    cr_expect(luks_set_has(set, LUKS_SET_MORE));
    cr_expect_not(luks_set_has(set, "00000040-b101-43dd-b570-94d40c326ecd"));
}

Test(luks_set, a_uuid_is_read_in_either_case_and_nothing_else_is_one)
{
    static const char *const wrong[] = {"",
                                        "7796db80",
                                        ONE "0",
                                        ONE " ",
                                        "7796db80-b101-43dd-b570-94d40c326ecg",
                                        "7796db80b101-43dd-b570-94d40c326ecd0"};
    char uuid[UUID_TEXT_SIZE] = "kept";
    for (size_t i = 0; i < ELEMENTS(wrong); i++)
        cr_expect(text_to_uuid(wrong[i], uuid) < 0, "%s", wrong[i]);
    cr_expect_str_eq(uuid, "kept");
    cr_expect_eq(text_to_uuid("7796DB80-B101-43DD-B570-94D40C326ECD", uuid), 0);
    cr_expect_str_eq(uuid, ONE);
}
