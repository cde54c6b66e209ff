// SPDX-License-Identifier: GPL-3.0-or-later
// Line by line; what is neither a section nor an entry is passed over, as the programs do.
#include "watch/posture/keyfile.h"

#include "base/util.h"

#include <string.h>
#include <strings.h>

bool keyfile_is_true(const char *value)
{
    static const char *const words[] = {"true", "yes", "on", "1"};
    for (size_t i = 0; i < ELEMENTS(words); i++)
        if (strcasecmp(value, words[i]) == 0)
            return true;
    return false;
}

static bool take_section(const char *line, char ret[KEYFILE_NAME_SIZE])
{
    const char *end = strrchr(line, ']');
    size_t length = end ? (size_t)(end - line - 1) : 0;
    if (!end || length >= KEYFILE_NAME_SIZE)
        return false;
    memcpy(ret, line + 1, length);
    ret[length] = '\0';
    return true;
}

static bool take_key(const char *line, char ret[KEYFILE_NAME_SIZE], const char **ret_value)
{
    const char *sign = strchr(line, '=');
    size_t length = sign ? (size_t)(sign - line) : 0;
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
        length--;
    if (length == 0 || length >= KEYFILE_NAME_SIZE)
        return false;
    memcpy(ret, line, length);
    ret[length] = '\0';
    *ret_value = words_skip_space(sign + 1);
    return true;
}

bool keyfile_read(const char *text, bool joined,
                  void (*take)(void *context, const struct keyfile_entry *entry), void *context)
{
    char line[WORDS_LINE_SIZE], section[KEYFILE_NAME_SIZE] = "", key[KEYFILE_NAME_SIZE];
    bool cut = false;
    const char *value;
    while (words_line(&text, joined, line, &cut)) {
        if (line[0] == '#' || line[0] == ';')
            continue;
        if (line[0] == '[') {
            cut = !take_section(line, section) || cut;
            continue;
        }
        if (take_key(line, key, &value))
            take(context, &(struct keyfile_entry){section, key, value});
    }
    return !cut;
}
