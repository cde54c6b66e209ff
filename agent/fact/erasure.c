// SPDX-License-Identifier: GPL-3.0-or-later
// The levels of erasing, and which one the evidence allows.
#include "fact/erasure.h"

#include "base/i18n.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>

static const struct {
    const char *name, *sentence;
} levels[] = {
    [ERASE_OVERWRITTEN] = {"overwritten",
                           N_("The content was overwritten where it lay on a magnetic disk.")},
    [ERASE_ENCRYPTED] = {"encrypted-at-rest",
                         N_("Deleted from encrypted storage: what may be left of it can't be read "
                            "without the key.")},
    [ERASE_UNPROVEN] = {"overwritten-unproven",
                        N_("The content was overwritten; copies that the storage keeps by itself "
                           "can't be excluded.")},
    [ERASE_UNLINKED] = {"unlinked-only",
                        N_("Deleted; the content may still lie on the storage until that is used "
                           "again.")},
    [ERASE_CRYPTO] = {"crypto-erase",
                      N_("The keys of the encrypted container were destroyed: only a copy of its "
                         "header, kept elsewhere or by the storage itself, could still open it.")},
};
static_assert(ELEMENTS(levels) == ERASE_LEVEL_MAX, "a name for each level");

const char *erase_level_to_str(enum erase_level level)
{
    assert(level < ERASE_LEVEL_MAX);
    return levels[level].name;
}

const char *erase_level_sentence(enum erase_level level)
{
    assert(level < ERASE_LEVEL_MAX);
    return levels[level].sentence;
}

int erase_level_from_str(const char *name, enum erase_level *ret)
{
    for (size_t i = 0; i < ELEMENTS(levels); i++)
        if (text_equal(levels[i].name, name)) {
            *ret = (enum erase_level)i;
            return 0;
        }
    return -EINVAL;
}

enum erase_level erase_level_of(const struct erase_evidence *evidence)
{
    bool over = evidence->written && evidence->in_place;
    if (evidence->container)
        return over ? ERASE_CRYPTO : ERASE_UNLINKED;
    if (over && evidence->stayed && evidence->magnetic)
        return ERASE_OVERWRITTEN;
    if (evidence->encrypted)
        return ERASE_ENCRYPTED;
    return over ? ERASE_UNPROVEN : ERASE_UNLINKED;
}
