// SPDX-License-Identifier: GPL-3.0-or-later
// Line by line.
#include "watch/antivirus/clamd-conf.h"

#include <errno.h>
#include <string.h>

#define BLANK " \t\r"

// The value on this line, if its name is that; it ends after *ret_length bytes.
static const char *value_on(const char *line, size_t length, const char *name, size_t *ret_length)
{
    size_t skipped = strspn(line, BLANK);
    size_t size = strlen(name);
    if (skipped + size >= length || strncmp(line + skipped, name, size) != 0)
        return NULL;
    const char *value = line + skipped + size;
    if (!strchr(BLANK, *value))
        return NULL;
    value += strspn(value, BLANK);
    if (value >= line + length)
        return NULL;
    size_t n = (size_t)(line + length - value);
    while (n > 0 && strchr(BLANK, value[n - 1]))
        n--;
    *ret_length = n;
    return n > 0 ? value : NULL;
}

int clamd_conf_find(const char *text, const char *name, char **ret)
{
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n"), n;
        const char *value = value_on(line, length, name, &n);
        if (value) {
            char *copy = strndup(value, n);
            if (!copy)
                return -ENOMEM;
            *ret = copy;
            return 0;
        }
        line += length + (line[length] == '\n');
    }
    return -ENOENT;
}

static bool is_at_or_above(const char *path, size_t length, const char *folder)
{
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length == 1 && path[0] == '/')
        return true;
    return strncmp(path, folder, length) == 0 && (folder[length] == '\0' || folder[length] == '/');
}

bool clamd_conf_covers(const char *text, const char *name, const char *folder)
{
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n"), n;
        const char *value = value_on(line, length, name, &n);
        if (value && is_at_or_above(value, n, folder))
            return true;
        line += length + (line[length] == '\n');
    }
    return false;
}
