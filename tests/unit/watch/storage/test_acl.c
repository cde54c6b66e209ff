// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch/storage/acl.h"

#include "base/json.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

// user::rwx, user:1000:r-x, group::r--, group:2000:---, mask::r-x, other::---
static const uint8_t acl[] = {
    2,    0, 0, 0,                         //
    0x01, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF, //
    0x02, 0, 5, 0, 0xE8, 0x03, 0,    0,    //
    0x04, 0, 4, 0, 0xFF, 0xFF, 0xFF, 0xFF, //
    0x08, 0, 0, 0, 0xD0, 0x07, 0,    0,    //
    0x10, 0, 5, 0, 0xFF, 0xFF, 0xFF, 0xFF, //
    0x20, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, //
};

Test(acl, each_entry_is_told)
{
    CLEANUP_JSON json_object *list = NULL;
    cr_assert_eq(acl_parse(acl, sizeof acl, &list), 0);
    cr_expect_str_eq(
        json_to_line(list),
        "[{\"tag\":\"owner\",\"rights\":7},{\"tag\":\"user\",\"rights\":5,\"id\":1000},"
        "{\"tag\":\"owning-group\",\"rights\":4},"
        "{\"tag\":\"group\",\"rights\":0,\"id\":2000},"
        "{\"tag\":\"mask\",\"rights\":5},{\"tag\":\"other\",\"rights\":0}]");
}

Test(acl, what_is_cut_is_refused)
{
    json_object *list = NULL;
    for (size_t length = 0; length < sizeof acl; length++)
        if (length < 4 || (length - 4) % 8 != 0)
            cr_expect_eq(acl_parse(acl, length, &list), -EBADMSG, "%zu", length);
    cr_expect_null(list);
}

Test(acl, another_version_tag_or_right_is_refused)
{
    static const size_t places[] = {0, 1, 4, 5, 6, 7};
    for (size_t i = 0; i < ELEMENTS(places); i++) {
        uint8_t bad[sizeof acl];
        json_object *list = NULL;
        memcpy(bad, acl, sizeof bad);
        bad[places[i]] = 0x40;
        cr_expect_eq(acl_parse(bad, sizeof bad, &list), -EBADMSG, "%zu", places[i]);
    }
}

Test(acl, a_long_one_is_refused)
{
    static uint8_t many[4 + 8 * (ACL_ENTRIES_MAX + 1)];
    json_object *list = NULL;
    many[0] = 2;
    for (size_t at = 4; at < sizeof many; at += 8)
        many[at] = 0x02;
    cr_assert_eq(acl_parse(many, sizeof many - 8, &list), 0);
    json_object_put(list);
    cr_expect_eq(acl_parse(many, sizeof many, &list), -E2BIG);
}
