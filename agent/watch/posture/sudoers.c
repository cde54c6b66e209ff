// SPDX-License-Identifier: GPL-3.0-or-later
// A rule is "WHO HOST = (AS) TAG: COMMAND, …".
#include "watch/posture/sudoers.h"

#include "watch/posture/words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define BETWEEN " \t,:"

// A "#" begins a comment, unless it is a user's number.
static void cut_comment(char *line)
{
    for (char *p = line; (p = strchr(p, '#')); p++)
        if ((p == line || p[-1] == ' ' || p[-1] == '\t') && !isdigit((unsigned char)p[1])) {
            *p = '\0';
            return;
        }
}

// The first list of the line: words that commas hold together. *line moves behind it. False: there
// is none, or it is too long.
static bool take_list(const char **line, char ret[SUDOERS_TEXT_SIZE])
{
    const char *p = words_skip_space(*line);
    size_t n = 0;
    bool quoted = false, after_comma = true;
    for (; *p; p++) {
        bool space = !quoted && (*p == ' ' || *p == '\t');
        if (*p == '"')
            quoted = !quoted;
        if (space) {
            const char *next = words_skip_space(p);
            if (*next != ',' && !after_comma)
                break;
            p = next - 1;
            continue;
        }
        after_comma = *p == ',' || (after_comma && *p == '!');
        if (n >= SUDOERS_TEXT_SIZE - 1)
            return false;
        if (*p == '\\' && p[1])
            p++;
        ret[n++] = *p;
    }
    ret[n] = '\0';
    *line = p;
    return n > 0;
}

// ALL among the commands; what stands between brackets is as whom.
static bool has_all(const char *commands)
{
    bool inside = false, negated = false;
    for (const char *p = commands; *p;) {
        size_t n = strcspn(p, BETWEEN "()!=");
        if (n == 3 && !inside && !negated && strncmp(p, "ALL", 3) == 0 &&
            *words_skip_space(p + 3) != '=')
            return true;
        p += n;
        inside = *p == '(' || (inside && *p != ')');
        negated = *p == '!' || (negated && (*p == ' ' || *p == '\t'));
        if (*p)
            p++;
    }
    return false;
}

static bool has_tag(const char *commands, const char *tag)
{
    size_t length = strlen(tag);
    for (const char *p = commands; (p = strstr(p, tag)); p += length)
        if (*words_skip_space(p + length) == ':')
            return true;
    return false;
}

static void parse_rule(const char *line, struct sudoers_line *ret)
{
    char hosts[SUDOERS_TEXT_SIZE];
    const char *rest = line;
    ret->kind = SUDOERS_ODD;
    if (!take_list(&rest, ret->who) || strchr(ret->who, '='))
        return;
    // "HOST=" and "HOST =" are the same: what is behind the sign are commands.
    const char *sign = strchr(rest, '=');
    if (!sign || sign == words_skip_space(rest) || (size_t)(sign - rest) >= sizeof hosts)
        return;
    ret->nopasswd = has_tag(sign + 1, "NOPASSWD");
    ret->all = has_all(sign + 1);
    ret->kind = SUDOERS_RULE;
}

// "NAME = a, b"; several stand in one line, parted by ":".
static void parse_alias(const char *line, enum sudoers_kind kind, struct sudoers_line *ret)
{
    const char *sign = strchr(line, '=');
    size_t length = strcspn(line, " \t=");
    ret->kind = SUDOERS_ODD;
    if (!sign || length == 0 || length >= sizeof ret->name)
        return;
    memcpy(ret->name, line, length);
    ret->name[length] = '\0';
    const char *rest = sign + 1;
    if (kind == SUDOERS_COMMAND_ALIAS)
        ret->kind = has_all(rest) ? kind : SUDOERS_NOTHING;
    else if (!strchr(rest, ':') && take_list(&rest, ret->who))
        ret->kind = kind;
}

static void parse_include(const char *line, enum sudoers_kind kind, struct sudoers_line *ret)
{
    char word[WORDS_SIZE];
    ret->kind = SUDOERS_ODD;
    if (!words_next(&line, word) || strchr(word, '%'))
        return; // "%h" is the host's name
    memcpy(ret->name, word, strlen(word) + 1);
    ret->kind = kind;
}

static void parse_defaults(const char *line, struct sudoers_line *ret)
{
    bool open = strstr(line, "!authenticate") || strstr(line, "exempt_group");
    ret->kind = open ? SUDOERS_OPEN_DEFAULT : SUDOERS_NOTHING;
}

void sudoers_parse(const char *text, struct sudoers_line *ret)
{
    static const struct {
        const char *start;
        enum sudoers_kind kind;
        void (*parse)(const char *line, enum sudoers_kind kind, struct sudoers_line *ret);
    } forms[] = {
        {"@includedir", SUDOERS_INCLUDE_FOLDER, parse_include},
        {"#includedir", SUDOERS_INCLUDE_FOLDER, parse_include},
        {"@include", SUDOERS_INCLUDE, parse_include},
        {"#include", SUDOERS_INCLUDE, parse_include},
        {"User_Alias", SUDOERS_USER_ALIAS, parse_alias},
        {"Cmnd_Alias", SUDOERS_COMMAND_ALIAS, parse_alias},
        {"Cmd_Alias", SUDOERS_COMMAND_ALIAS, parse_alias},
        {"Host_Alias", SUDOERS_NOTHING, NULL},
        {"Runas_Alias", SUDOERS_NOTHING, NULL},
    };
    char line[WORDS_LINE_SIZE];
    *ret = (struct sudoers_line){.kind = SUDOERS_NOTHING};
    (void)snprintf(line, sizeof line, "%s", words_skip_space(text)); // no longer than a line
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t length = strlen(forms[i].start);
        if (strncmp(line, forms[i].start, length) != 0 || !strchr(" \t", line[length]))
            continue;
        if (forms[i].parse)
            forms[i].parse(words_skip_space(line + length), forms[i].kind, ret);
        return;
    }
    cut_comment(line);
    if (words_begin(line, "Defaults"))
        parse_defaults(line, ret);
    else if (line[0])
        parse_rule(line, ret);
}
