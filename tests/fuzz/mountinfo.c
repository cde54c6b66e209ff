// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzes the table of mounts, and the way down in it: names and options in it are anybody's who may
// mount.
#include "base/mountinfo.h"

#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool truth)
{
    if (!truth)
        abort();
}

static void use(const struct mountinfo *info, const struct mountinfo_line *line)
{
    CLEANUP_FREE char *value = NULL;
    int r = mountinfo_option(line->super_options, "lowerdir", 0, &value);
    expect(r == 0 ? value != NULL : r == -ENOENT && !value);
    (void)mountinfo_has_option(line->options, "ro");
    const struct mountinfo_line *found = mountinfo_find(info, line->point);
    expect(!found || (found >= info->items && found < info->items + info->n));
    // What a path lies on stands at the path or above it.
    expect(!found || strcmp(found->point, line->point) == 0 ||
           mountinfo_is_inside(line->point, found->point));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(mountinfo_clear) struct mountinfo info = {0};
    char *text = strndup((const char *)data, size);
    expect(text != NULL);
    int r = mountinfo_parse(text, &info);
    expect(r == 0 || (r == -EBADMSG && !info.items && !info.text));
    for (size_t i = 0; i < info.n && i < 64; i++)
        use(&info, &info.items[i]);
    return 0;
}
