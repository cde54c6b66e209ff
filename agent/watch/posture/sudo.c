// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "sudo": who may do what an administrator may, and is not even asked.
#include "base/text.h"
#include "watch/posture/sudoers.h"
#include "watch/posture/topics.h"
#include "watch/posture/words.h"

#include <errno.h>
#include <string.h>

#define MAIN "/etc/sudoers"
#define DEPTH_MAX 8
#define GROUP_FIELDS 4

struct reading {
    struct sight *sight;
    json_object *rules, *aliases, *open;
    const char *path;
    unsigned depth;
};

static void read_file(const struct reading *outer, const char *path);

// ---- sudoers -----------------------------------------------------------------------------------

// sudo passes over names with a dot, and those that end in "~".
static void read_folder(const struct reading *reading, const char *folder)
{
    struct sight_names names = {0};
    sight_list(reading->sight, folder, "", &names);
    for (size_t i = 0; i < names.n; i++) {
        const char *name = names.items[i];
        CLEANUP_FREE char *path = text_format("%s/%s", folder, name);
        if (!path)
            reading->sight->r = -ENOMEM;
        else if (!strchr(name, '.') && name[strlen(name) - 1] != '~')
            read_file(reading, path);
    }
    sight_names_clear(&names);
}

static void include(const struct reading *reading, const struct sudoers_line *line)
{
    const char *name = line->name;
    CLEANUP_FREE char *path = name[0] == '/' ? text_dup(name) : text_format("/etc/%s", name);
    if (!path)
        reading->sight->r = -ENOMEM;
    else if (line->kind == SUDOERS_INCLUDE)
        read_file(reading, path);
    else
        read_folder(reading, path);
}

static void add_rule(const struct reading *reading, const struct sudoers_line *line)
{
    json_object *entry = json_object_new_object();
    sight_add_text(entry, "who", line->who);
    json_add_bool(entry, "nopasswd", line->nopasswd);
    json_add_bool(entry, "all", line->all);
    sight_add_text(entry, "path", reading->path);
    sight_append(reading->sight, reading->rules, entry, reading->path);
}

static void take(const struct reading *reading, const struct sudoers_line *line)
{
    struct sight *sight = reading->sight;
    switch (line->kind) {
    case SUDOERS_NOTHING:
        return;
    case SUDOERS_INCLUDE:
    case SUDOERS_INCLUDE_FOLDER:
        include(reading, line);
        return;
    case SUDOERS_USER_ALIAS:
        sight_add_text(reading->aliases, line->name, line->who);
        return;
    case SUDOERS_OPEN_DEFAULT:
        sight_append(sight, reading->open, sight_text(reading->path), reading->path);
        return;
    case SUDOERS_RULE:
        add_rule(reading, line);
        return;
    case SUDOERS_COMMAND_ALIAS:
    case SUDOERS_ODD:
        sight_note(sight, reading->path, -EBADMSG);
        return;
    }
}

static void read_file(const struct reading *outer, const char *path)
{
    CLEANUP_FREE char *text = NULL;
    struct reading reading = *outer;
    char line[WORDS_LINE_SIZE];
    bool cut = false;
    reading.path = path;
    if (++reading.depth > DEPTH_MAX) {
        sight_note(reading.sight, path, -ELOOP);
        return;
    }
    if (sight_read_needed(reading.sight, path, &text) < 0)
        return;
    for (const char *rest = text; words_line(&rest, true, line, &cut);) {
        struct sudoers_line parsed;
        sudoers_parse(line, &parsed);
        if (strlen(parsed.who) > 180)
            cut = true; // more than is kept of it
        take(&reading, &parsed);
    }
    if (cut)
        sight_note(reading.sight, path, -E2BIG);
}

// ---- Groups ------------------------------------------------------------------------------------

static bool is_wanted(const char *group, json_object *rules)
{
    static const char *const usual[] = {"sudo", "admin", "wheel", "nopasswdlogin"};
    for (size_t i = 0; i < ELEMENTS(usual); i++)
        if (text_equal(usual[i], group))
            return true;
    size_t n = rules ? json_object_array_length(rules) : 0, length = strlen(group);
    for (size_t i = 0; i < n; i++) {
        const char *who = json_get_text(json_object_array_get_idx(rules, i), "who");
        for (const char *p = who; p && (p = strchr(p, '%')); p++)
            if (strncmp(p + 1, group, length) == 0 &&
                (p[1 + length] == '\0' || p[1 + length] == ','))
                return true;
    }
    return false;
}

static void add_members(struct sight *sight, json_object *groups, char *const fields[])
{
    json_object *members = sight_array(sight, groups, fields[0]);
    uint64_t gid;
    char *rest = fields[3];
    for (char *name; (name = strsep(&rest, ","));)
        if (name[0])
            sight_append(sight, members, sight_text(name), "/etc/group");
    if (text_to_u64(fields[2], 10, UINT32_MAX, &gid) < 0)
        return;
    for (size_t i = 0; i < sight->accounts.n; i++) {
        const struct account *account = &sight->accounts.items[i];
        if (account->gid == gid && account->uid != 0 && account_has_login(account))
            sight_append(sight, members, sight_text(account->name), "/etc/group");
    }
}

// {group: [member]} of those that sudo and polkit know, those that rules name, and the one whose
// members Debian's display managers let in without a password.
static void look_at_groups(struct sight *sight, json_object *rules)
{
    CLEANUP_FREE char *text = NULL;
    json_object *groups = json_section(sight->topic, "members");
    sight_note_accounts(sight);
    if (sight_read_needed(sight, "/etc/group", &text) < 0)
        return;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *fields[GROUP_FIELDS] = {NULL};
        size_t n = 0;
        while (n < GROUP_FIELDS && (fields[n] = strsep(&line, ":")))
            n++;
        if (n == GROUP_FIELDS && is_wanted(fields[0], rules))
            add_members(sight, groups, fields);
    }
}

// "installed"; "rules": [{"who": list, "nopasswd", "all", "path"}]; "aliases": {name: list};
// "open": files with a setting by which people are not asked; "groups": {"members", "errors"}.
void posture_look_at_sudo(struct sight *sight)
{
    struct reading reading = {.sight = sight};
    json_object *sudo = sight->topic;
    reading.rules = sight_array(sight, sudo, "rules");
    reading.open = sight_array(sight, sudo, "open");
    reading.aliases = json_section(sudo, "aliases");
    (void)sight_has_needed(sight, "/usr/bin");
    bool installed = sight_has(sight, "/usr/bin/sudo");
    json_add_bool(sudo, "installed", installed);
    if (sight_has(sight, "/usr/bin/doas"))
        json_add_text(sudo, "other", "doas");
    if (installed)
        read_file(&reading, MAIN);
    sight->topic = json_section(sudo, "groups");
    look_at_groups(sight, reading.rules);
    sight->topic = sudo;
}
