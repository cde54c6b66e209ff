// SPDX-License-Identifier: GPL-3.0-or-later
// Names against the list of protected folders, for what was refused before the kernel knew more of
// a file than its name.
#include "base/text.h"
#include "trail/state.h"

#include <errno.h>
#include <string.h>

// Takes ".." and what stands before it out of an absolute path, in place.
static void go_up(char *path)
{
    char *to = path;
    for (const char *from = path; *from;) {
        size_t length = 1 + strcspn(from + 1, "/");
        if (length == 3 && memcmp(from, "/..", 3) == 0) {
            while (to > path && *--to != '/')
                ;
        } else {
            memmove(to, from, length);
            to += length;
        }
        from += length;
    }
    *to = '\0';
}

// An event's paths are escaped, the policy's are not.
static int is_in(const char *path, const char *folder, bool *ret)
{
    CLEANUP_FREE char *escaped = text_escape(folder, strlen(folder), strlen(folder));
    if (!escaped)
        return -ENOMEM;
    size_t length = strlen(escaped);
    *ret = strncmp(path, escaped, length) == 0 && (path[length] == '/' || path[length] == '\0');
    return 0;
}

int protected_holds(const struct trail_settings *settings, const char *path, bool *ret)
{
    CLEANUP_FREE char *plain = text_dup(path);
    bool holds = false;
    int r = plain ? 0 : -ENOMEM;
    if (r == 0)
        go_up(plain);
    for (size_t i = 0; i < settings->n_folders && r == 0 && !holds; i++)
        r = is_in(plain, settings->folders[i], &holds);
    if (r == 0)
        *ret = holds;
    return r;
}
