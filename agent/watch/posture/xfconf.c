// SPDX-License-Identifier: GPL-3.0-or-later
// Only <property …>, </property>, comments: xfconf writes nothing else that matters here.
#include "watch/posture/xfconf.h"

#include <string.h>

#define DEPTH_MAX 16

struct place {
    char path[XFCONF_PATH_SIZE];
    size_t lengths[DEPTH_MAX]; // of the path outside of each open property
    size_t depth;
};

// The attribute's value within the tag; false: it has none, or too long a one.
static bool find_attribute(const char *tag, const char *end, const char *name, char *ret,
                           size_t size)
{
    size_t length = strlen(name);
    for (const char *p = tag; p + length + 2 < end; p++) {
        if (p[-1] != ' ' && p[-1] != '\t' && p[-1] != '\n')
            continue;
        if (strncmp(p, name, length) != 0 || p[length] != '=' || p[length + 1] != '"')
            continue;
        const char *value = p + length + 2, *close = memchr(value, '"', (size_t)(end - value));
        if (!close || (size_t)(close - value) >= size)
            return false;
        memcpy(ret, value, (size_t)(close - value));
        ret[close - value] = '\0';
        return true;
    }
    return false;
}

// Its name is put behind the path.
static bool enter(struct place *place, const char *name)
{
    size_t length = strlen(place->path), n = strlen(name);
    if (place->depth == DEPTH_MAX || length + n + 2 > sizeof place->path)
        return false;
    place->lengths[place->depth++] = length;
    place->path[length] = '/';
    memcpy(place->path + length + 1, name, n + 1);
    return true;
}

static bool leave(struct place *place)
{
    if (place->depth == 0)
        return false;
    place->path[place->lengths[--place->depth]] = '\0';
    return true;
}

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

// Behind the quoted values, in which a ">" may stand; NULL: it does not end.
static const char *find_end(const char *tag)
{
    bool quoted = false;
    for (const char *p = tag; *p; p++)
        if (*p == '"')
            quoted = !quoted;
        else if (*p == '>' && !quoted)
            return p;
    return NULL;
}

bool xfconf_read(const char *text, void (*take)(void *context, const char *path, const char *value),
                 void *context)
{
    struct place place = {.path = ""};
    char name[XFCONF_PATH_SIZE], value[XFCONF_VALUE_SIZE];
    for (const char *tag = strchr(text, '<'); tag; tag = strchr(tag + 1, '<')) {
        if (begins(tag, "<!--")) {
            tag = strstr(tag, "-->");
            if (!tag)
                return false;
            continue;
        }
        const char *end = find_end(tag);
        if (!end)
            return false;
        if (begins(tag, "</property>") && !leave(&place))
            return false;
        if (begins(tag, "<property ")) {
            if (!find_attribute(tag + 10, end, "name", name, sizeof name) || !enter(&place, name))
                return false;
            if (find_attribute(tag + 10, end, "value", value, sizeof value))
                take(context, place.path, value);
            if (end[-1] == '/' && !leave(&place))
                return false;
        }
        tag = end;
    }
    return place.depth == 0;
}
