// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes ACLs as a file system hands them out: on a foreign medium they are somebody else's bytes.
#include "watch/storage/acl.h"

#include "base/json.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_JSON json_object *acl = NULL;
    int r = acl_parse(data, size, &acl);
    if (r < 0 ? acl || (r != -EBADMSG && r != -E2BIG)
              : !acl || json_object_array_length(acl) != (size - 4) / 8)
        abort();
    return 0;
}
