// SPDX-License-Identifier: GPL-3.0-or-later
// Reads passwd(5), group(5) and nsswitch.conf(5).
#include "watch/storage/people.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define TEXT_MAX (4u << 20)
#define PEOPLE_MAX 4096   // of a file
#define MEMBERS_MAX 16384 // of all groups

struct reading {
    json_object *list;
    size_t members; // so far
};

static bool take_number(char **rest, uint64_t *ret)
{
    const char *field = strsep(rest, ":");
    return field && text_to_u64(field, 10, UINT32_MAX, ret) == 0;
}

// "sato:x:1000:1000:…". A line that is none is as good as missing, for the C library as well.
static int read_user(struct reading *reading, char *line)
{
    uint64_t uid, gid;
    char *name = strsep(&line, ":");
    if (!strsep(&line, ":") || !take_number(&line, &uid) || !take_number(&line, &gid))
        return 0;
    json_object *user = survey_append(reading->list);
    if (!user)
        return -ENOMEM;
    survey_add_name(user, "name", name);
    json_add_number(user, "uid", uid);
    json_add_number(user, "gid", gid);
    return 0;
}

static int add_member(struct reading *reading, json_object *members, const char *name)
{
    CLEANUP_FREE char *shown = text_escape(name, strlen(name), 256);
    json_object *text = shown ? json_object_new_string(shown) : NULL;
    if (++reading->members > MEMBERS_MAX) {
        json_object_put(text);
        return -E2BIG;
    }
    if (text && json_object_array_add(members, text) == 0)
        return 0;
    json_object_put(text);
    return -ENOMEM;
}

// "tokutei:x:2000:sato,suzuki"
static int read_group(struct reading *reading, char *line)
{
    uint64_t gid;
    char *name = strsep(&line, ":");
    if (!strsep(&line, ":") || !take_number(&line, &gid))
        return 0;
    json_object *group = survey_append(reading->list), *members = survey_list(group, "members");
    if (!members)
        return -ENOMEM;
    survey_add_name(group, "name", name);
    json_add_number(group, "gid", gid);
    int r = 0;
    for (char *member; r == 0 && (member = strsep(&line, ","));)
        if (member[0])
            r = add_member(reading, members, member);
    return r;
}

static int read_lines(const struct survey *survey, const char *path, json_object *list,
                      int (*read)(struct reading *reading, char *line))
{
    CLEANUP_FREE char *text = NULL;
    struct reading reading = {.list = list};
    int r = list ? file_read_at(survey->root, path, TEXT_MAX, &text, NULL) : -ENOMEM;
    for (char *rest = text, *line; r == 0 && (line = strsep(&rest, "\n"));) {
        if (line[0] && line[0] != '#')
            r = read(&reading, line);
        if (json_object_array_length(list) > PEOPLE_MAX)
            r = -E2BIG;
    }
    return r;
}

// "passwd: files systemd" and "group: …", words and brackets alike.
static int read_sources(const struct survey *survey, json_object *list)
{
    CLEANUP_FREE char *text = NULL;
    int r = list ? file_read_at(survey->root, "etc/nsswitch.conf", TEXT_MAX, &text, NULL) : -ENOMEM;
    struct reading reading = {.list = list};
    for (char *rest = text, *line; r == 0 && (line = strsep(&rest, "\n"));) {
        line[strcspn(line, "#")] = '\0';
        char *name = strsep(&line, ":");
        if (!line || (strcmp(name, "passwd") != 0 && strcmp(name, "group") != 0))
            continue;
        for (char *word; r == 0 && (word = strsep(&line, " \t"));)
            if (word[0])
                r = add_member(&reading, list, word);
    }
    return r;
}

void people_add(const struct survey *survey, json_object *document)
{
    int r = read_lines(survey, "etc/passwd", survey_list(document, "users"), read_user);
    if (r < 0)
        survey_add_error(document, "users_error", r);
    r = read_lines(survey, "etc/group", survey_list(document, "groups"), read_group);
    if (r < 0)
        survey_add_error(document, "groups_error", r);
    r = read_sources(survey, survey_list(document, "sources"));
    if (r < 0 && r != -ENOENT) // without the file glibc asks the files
        survey_add_error(document, "sources_error", r);
}
