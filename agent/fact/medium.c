// SPDX-License-Identifier: GPL-3.0-or-later
// Names and destructors of media and mounts.
#include "fact/medium.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>

static const char *const contents[] = {
    [MEDIUM_UNCHECKED] = "unchecked",   [MEDIUM_EMPTY] = "empty",
    [MEDIUM_ENCRYPTED] = "encrypted",   [MEDIUM_PLAIN] = "plain",
    [MEDIUM_UNREADABLE] = "unreadable",
};
static_assert(ELEMENTS(contents) == MEDIUM_CONTENT_MAX, "a name for each content");

const char *medium_content_to_str(enum medium_content content)
{
    assert(content < MEDIUM_CONTENT_MAX);
    return contents[content];
}

int medium_content_from_str(const char *text, enum medium_content *ret)
{
    for (enum medium_content c = 0; c < MEDIUM_CONTENT_MAX; c++) {
        if (text_equal(contents[c], text)) {
            *ret = c;
            return 0;
        }
    }
    return -EINVAL;
}

void medium_free(struct medium *medium)
{
    if (!medium)
        return;
    free(medium->node);
    free(medium->sysname);
    free(medium->usb);
    free(medium->finding);
    free(medium->luks);
    free(medium);
}

void mount_free(struct mount *mount)
{
    if (!mount)
        return;
    free(mount->source);
    free(mount->point);
    free(mount->type);
    free(mount->usb);
    free(mount->disk);
    free(mount);
}
