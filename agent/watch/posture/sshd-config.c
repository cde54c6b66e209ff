// SPDX-License-Identifier: GPL-3.0-or-later
// "Keyword value", "Keyword=value", quotes around values.
#include "watch/posture/sshd-config.h"

#include "watch/posture/words.h"

#include <ctype.h>
#include <string.h>

static bool take_keyword(const char **line, char ret[SSHD_KEYWORD_SIZE])
{
    const char *p = words_skip_space(*line);
    size_t n = strcspn(p, " \t=\"");
    if (n == 0 || n >= SSHD_KEYWORD_SIZE)
        return false;
    for (size_t i = 0; i < n; i++)
        ret[i] = (char)tolower((unsigned char)p[i]);
    ret[n] = '\0';
    p = words_skip_space(p + n);
    if (*p == '=')
        p++;
    *line = p;
    return true;
}

bool sshd_line_parse(const char *text, struct sshd_line *ret, bool *ret_odd)
{
    char word[WORDS_SIZE];
    size_t length = 0;
    text = words_skip_space(text);
    if (*text == '#' || *text == '\0')
        return false;
    if (!take_keyword(&text, ret->keyword)) {
        *ret_odd = true;
        return false;
    }
    ret->value[0] = '\0';
    while (words_next(&text, word) && word[0] != '#') {
        size_t n = strlen(word);
        if (length + n + 2 > sizeof ret->value) {
            *ret_odd = true;
            break;
        }
        if (length > 0)
            ret->value[length++] = ' ';
        memcpy(ret->value + length, word, n + 1);
        length += n;
    }
    return true;
}
