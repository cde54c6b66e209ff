// SPDX-License-Identifier: GPL-3.0-or-later
// Sets of LUKS UUIDs.
#include "fact/luks_set.h"

#include <errno.h>
#include <string.h>

bool luks_set_next(const char **rest, char ret[UUID_TEXT_SIZE])
{
    if (!*rest || **rest == '\0')
        return false;
    (void)snprintf(ret, UUID_TEXT_SIZE, "%.*s", (int)strcspn(*rest, " "), *rest);
    *rest += strcspn(*rest, " ");
    *rest += strspn(*rest, " ");
    return true;
}

bool luks_set_has(const char *set, const char *uuid)
{
    char each[UUID_TEXT_SIZE];
    while (luks_set_next(&set, each))
        if (text_equal(each, uuid))
            return true;
    return false;
}

static size_t count(const char *set)
{
    char each[UUID_TEXT_SIZE];
    size_t n = 0;
    while (luks_set_next(&set, each))
        n++;
    return n;
}

int luks_set_add(char **set, const char *uuid)
{
    if (count(*set) >= LUKS_SET_MAX)
        uuid = LUKS_SET_MORE;
    if (luks_set_has(*set, uuid))
        return 0;
    char *more = *set ? text_format("%s %s", *set, uuid) : text_dup(uuid);
    if (!more)
        return -ENOMEM;
    free(*set);
    *set = more;
    return 0;
}

int luks_set_add_all(char **set, const char *more)
{
    char each[UUID_TEXT_SIZE];
    while (luks_set_next(&more, each)) {
        int r = luks_set_add(set, each);
        if (r < 0)
            return r;
    }
    return 0;
}
