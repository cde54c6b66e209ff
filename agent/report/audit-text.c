// SPDX-License-Identifier: GPL-3.0-or-later
// Lines and words of three small formats.
#include "report/audit-text.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

#define SPACE " \t\r"

struct piece {
    const char *begin;
    size_t length;
};

// The next piece of *cursor between characters of `separators`; false at the end.
static bool next_piece(const char **cursor, const char *end, const char *separators,
                       struct piece *ret)
{
    const char *p = *cursor;
    while (p < end && strchr(separators, *p))
        p++;
    if (p == end)
        return false;
    const char *begin = p;
    while (p < end && !strchr(separators, *p))
        p++;
    *ret = (struct piece){begin, (size_t)(p - begin)};
    *cursor = p;
    return true;
}

static bool is_word(struct piece piece, const char *word)
{
    return piece.length == strlen(word) && strncasecmp(piece.begin, word, piece.length) == 0;
}

static void copy_piece(struct piece piece, char ret[AUDIT_VALUE_SIZE])
{
    size_t length = piece.length < AUDIT_VALUE_SIZE ? piece.length : AUDIT_VALUE_SIZE - 1;
    memcpy(ret, piece.begin, length);
    ret[length] = '\0';
}

static bool is_comment(struct piece line)
{
    size_t indent = strspn(line.begin, SPACE);
    return indent >= line.length || line.begin[indent] == '#';
}

bool audit_conf_find(const char *conf, const char *key, char ret[AUDIT_VALUE_SIZE])
{
    const char *cursor = conf, *end = conf + strlen(conf);
    bool found = false;
    for (struct piece line, name, value; next_piece(&cursor, end, "\n", &line);) {
        const char *at = line.begin, *line_end = line.begin + line.length;
        if (is_comment(line) || !next_piece(&at, line_end, SPACE "=", &name) ||
            !is_word(name, key) || !next_piece(&at, line_end, SPACE "=", &value))
            continue;
        copy_piece(value, ret);
        found = true;
    }
    return found;
}

// "-b 8192", "-b8192", "--backlog_wait_time 0", "--backlog_wait_time=0".
static bool take_value(struct piece word, const char *option, const char **cursor, const char *end,
                       struct piece *ret)
{
    size_t length = strlen(option);
    if (is_word(word, option))
        return next_piece(cursor, end, SPACE, ret);
    if (word.length <= length || strncmp(word.begin, option, length) != 0)
        return false;
    bool is_long = option[1] == '-';
    if (is_long && word.begin[length] != '=')
        return false;
    *ret = (struct piece){word.begin + length + is_long, word.length - length - is_long};
    return true;
}

bool audit_rules_find(const char *rules, const char *option, char ret[AUDIT_VALUE_SIZE])
{
    const char *cursor = rules, *end = rules + strlen(rules);
    bool found = false;
    for (struct piece line, word, value; next_piece(&cursor, end, "\n", &line);) {
        const char *at = line.begin, *line_end = line.begin + line.length;
        // Settings stand in lines of their own; in a rule, -e and the like mean something else.
        if (is_comment(line) || !next_piece(&at, line_end, SPACE, &word) ||
            !take_value(word, option, &at, line_end, &value))
            continue;
        copy_piece(value, ret);
        found = true;
    }
    return found;
}

// "never,task" or "task,never".
static bool fits(struct piece value, const char *list, const char *action)
{
    struct piece words[2];
    const char *cursor = value.begin, *end = value.begin + value.length;
    if (!next_piece(&cursor, end, ",", &words[0]) || !next_piece(&cursor, end, ",", &words[1]))
        return false;
    for (int i = 0; i < 2; i++)
        if (is_word(words[i], list) && (!action || is_word(words[1 - i], action)))
            return true;
    return false;
}

unsigned audit_rules_find_rule(const char *rules, const char *list, const char *action,
                               char ret[AUDIT_VALUE_SIZE])
{
    const char *line_begin = rules;
    for (unsigned number = 1; *line_begin; number++) {
        const char *line_end = strchrnul(line_begin, '\n'), *at = line_begin;
        struct piece word, value;
        if (next_piece(&at, line_end, SPACE, &word) &&
            (take_value(word, "-a", &at, line_end, &value) ||
             take_value(word, "-A", &at, line_end, &value)) &&
            fits(value, list, action)) {
            copy_piece((struct piece){line_begin, (size_t)(line_end - line_begin)}, ret);
            return number;
        }
        line_begin = *line_end ? line_end + 1 : line_end;
    }
    return 0;
}

bool audit_command_line_find(const char *line, const char *key, char ret[AUDIT_VALUE_SIZE])
{
    const char *cursor = line, *end = line + strlen(line);
    size_t length = strlen(key);
    bool found = false;
    for (struct piece word; next_piece(&cursor, end, SPACE "\n", &word);) {
        if (is_word(word, "--")) // what follows is for init
            break;
        if (word.length <= length || strncmp(word.begin, key, length) != 0 ||
            word.begin[length] != '=')
            continue;
        copy_piece((struct piece){word.begin + length + 1, word.length - length - 1}, ret);
        found = true;
    }
    return found;
}
