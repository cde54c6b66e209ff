// SPDX-License-Identifier: GPL-3.0-or-later
// The mode file, to and fro.
#include "policy/guard.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const char *const names[] = {[GUARD_USB] = "usb", [GUARD_NETWORK] = "network"};
static_assert(ELEMENTS(names) == GUARD_MAX, "a name for each guard");

const char *guard_to_str(enum guard guard)
{
    assert(guard < GUARD_MAX);
    return names[guard];
}

int guard_from_str(const char *text, enum guard *ret)
{
    for (enum guard g = 0; g < GUARD_MAX; g++) {
        if (text_equal(names[g], text)) {
            *ret = g;
            return 0;
        }
    }
    return -EINVAL;
}

int guard_modes_encode(const struct guard_modes *modes, char **ret_text)
{
    char *text =
        text_format("%s %s\n%s %s\n", names[GUARD_USB], gate_mode_to_str(modes->of[GUARD_USB]),
                    names[GUARD_NETWORK], gate_mode_to_str(modes->of[GUARD_NETWORK]));
    static_assert(GUARD_MAX == 2, "a line for each guard");
    if (!text)
        return -ENOMEM;
    *ret_text = text;
    return 0;
}

// "usb enforce"
static int decode_line(const char *line, enum guard guard, enum gate_mode *ret)
{
    size_t length = strlen(names[guard]);
    if (strncmp(line, names[guard], length) != 0 || line[length] != ' ')
        return -EBADMSG;
    return gate_mode_from_str(line + length + 1, ret) < 0 ? -EBADMSG : 0;
}

int guard_modes_decode(const char *text, size_t length, struct guard_modes *ret)
{
    struct guard_modes modes = {{MODE_OBSERVE}};
    char copy[GUARD_FILE_MAX + 1];
    char *next = copy;
    if (length > GUARD_FILE_MAX || length == 0 || memchr(text, '\0', length))
        return -EBADMSG;
    memcpy(copy, text, length);
    copy[length] = '\0';
    for (enum guard g = 0; g < GUARD_MAX && next; g++) {
        char *line = strsep(&next, "\n"); // NULL in `next`: the text ended without a line break
        if (next && *next == '\0')
            next = NULL;
        int r = decode_line(line, g, &modes.of[g]);
        if (r < 0)
            return r;
    }
    if (next) // more lines than guards
        return -EBADMSG;
    static_assert(MODE_OBSERVE == 0, "what has no line observes");
    *ret = modes;
    return 0;
}
