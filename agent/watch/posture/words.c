// SPDX-License-Identifier: GPL-3.0-or-later
// Each writes into a room of the caller's, of a fixed size.
#include "watch/posture/words.h"

#include <ctype.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

const char *words_skip_space(const char *line)
{
    while (is_space(*line))
        line++;
    return line;
}

bool words_begin(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

bool words_line(const char **text, bool joined, char ret[WORDS_LINE_SIZE], bool *ret_cut)
{
    size_t n = 0;
    const char *p = *text;
    if (*p == '\0')
        return false;
    p = words_skip_space(p);
    for (; *p && *p != '\n'; p++) {
        if (joined && p[0] == '\\' && p[1] == '\n') {
            p++;
            if (n < WORDS_LINE_SIZE - 1)
                ret[n++] = ' ';
            continue;
        }
        if (n < WORDS_LINE_SIZE - 1)
            ret[n++] = *p;
        else
            *ret_cut = true;
    }
    while (n > 0 && is_space(ret[n - 1]))
        n--;
    ret[n] = '\0';
    *text = *p ? p + 1 : p;
    return true;
}

bool words_next(const char **line, char ret[WORDS_SIZE])
{
    const char *p = words_skip_space(*line);
    size_t n = 0;
    char quote = '\0';
    if (*p == '\0')
        return false;
    for (; *p && (quote || !is_space(*p)); p++) {
        if (*p == quote) {
            quote = '\0';
            continue;
        }
        if (!quote && (*p == '"' || *p == '\'')) {
            quote = *p;
            continue;
        }
        if (*p == '\\' && p[1])
            p++;
        if (n < WORDS_SIZE - 1)
            ret[n++] = *p;
    }
    ret[n] = '\0';
    *line = p;
    return true;
}
