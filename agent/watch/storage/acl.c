// SPDX-License-Identifier: GPL-3.0-or-later
// Little-endian: a version, then entries of tag, rights and id.
#include "watch/storage/acl.h"

#include "base/json.h"

#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

#define HEADER_SIZE 4
#define ENTRY_SIZE 8

static uint16_t take16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t take32(const uint8_t *at)
{
    return take16(at) | (uint32_t)take16(at + 2) << 16;
}

static const char *tag_name(uint16_t tag)
{
    switch (tag) {
    case ACL_USER_OBJ:
        return "owner";
    case ACL_USER:
        return "user";
    case ACL_GROUP_OBJ:
        return "owning-group";
    case ACL_GROUP:
        return "group";
    case ACL_MASK:
        return "mask";
    case ACL_OTHER:
        return "other";
    default:
        return NULL;
    }
}

static int add_entry(json_object *list, const uint8_t *at)
{
    uint16_t tag = take16(at), rights = take16(at + 2);
    const char *name = tag_name(tag);
    if (!name || rights > 7)
        return -EBADMSG;
    json_object *entry = json_object_new_object();
    if (!entry)
        return -ENOMEM;
    json_add_text(entry, "tag", name);
    json_add_number(entry, "rights", rights);
    if (tag == ACL_USER || tag == ACL_GROUP)
        json_add_number(entry, "id", take32(at + 4));
    if (json_object_array_add(list, entry) == 0)
        return 0;
    json_object_put(entry);
    return -ENOMEM;
}

int acl_parse(const void *data, size_t length, json_object **ret)
{
    const uint8_t *bytes = data;
    if (length < HEADER_SIZE || (length - HEADER_SIZE) % ENTRY_SIZE != 0 ||
        take32(bytes) != POSIX_ACL_XATTR_VERSION)
        return -EBADMSG;
    if ((length - HEADER_SIZE) / ENTRY_SIZE > ACL_ENTRIES_MAX)
        return -E2BIG;
    CLEANUP_JSON json_object *list = json_object_new_array();
    if (!list)
        return -ENOMEM;
    for (size_t at = HEADER_SIZE; at < length; at += ENTRY_SIZE) {
        int r = add_entry(list, bytes + at);
        if (r < 0)
            return r;
    }
    *ret = TAKE_PTR(list);
    return 0;
}
