// SPDX-License-Identifier: GPL-3.0-or-later
// A POSIX ACL as the kernel hands it out (linux/posix_acl_xattr.h).
#pragma once

#include "base/util.h"

#include <json-c/json.h>
#include <stdint.h>

#define ACL_SIZE_MAX (64u << 10) // the kernel's XATTR_SIZE_MAX
#define ACL_ENTRIES_MAX 512

// A list of {"tag": "user", "id": 1000, "rights": 5}; tags: owner, user, owning-group, group, mask,
// other; "id" of user and group only. −EBADMSG: the kernel would not have written it. −E2BIG: more
// than ACL_ENTRIES_MAX.
must_check int acl_parse(const void *data, size_t length, json_object **ret);
