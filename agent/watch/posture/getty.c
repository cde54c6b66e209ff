// SPDX-License-Identifier: GPL-3.0-or-later
// Part of "logins": consoles where agetty asks nobody.
#include "base/text.h"
#include "watch/posture/keyfile.h"
#include "watch/posture/topics.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const char *const folders[] = {
    "/etc/systemd/system",         "/run/systemd/system",         "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",     "/run/systemd/generator",      "/run/systemd/generator.early",
    "/run/systemd/generator.late", "/etc/systemd/system.control", "/run/systemd/system.control",
    "/run/systemd/transient",
};
static const char *const units[] = {"getty@", "serial-getty@", "console-getty.", "container-getty@",
                                    "autovt@"};
// Since systemd 254 the units hand this credential to agetty (util-linux 2.40).
static const char *const credentials[] = {
    "/etc/credstore/agetty.autologin", "/run/credstore/agetty.autologin",
    "/usr/lib/credstore/agetty.autologin", "/run/credentials/@system/agetty.autologin"};

// agetty's short options that take a value (util-linux, term-utils/agetty.c).
static bool takes_value(char option)
{
    return strchr("aCdfHIloPrt", option) != NULL;
}

struct unit {
    struct sight *sight;
    json_object *automatic;
    const char *path;
};

static void add(struct unit *unit, const char *user)
{
    json_object *entry = json_object_new_object();
    json_add_text(entry, "by", "getty");
    json_add_text(entry, "kind", "at once");
    sight_add_text(entry, "user", user[0] ? user : "?");
    sight_add_text(entry, "path", unit->path);
    sight_append(unit->sight, unit->automatic, entry, unit->path);
}

// "--autologin", or as much of it as tells it from the others.
static bool is_autologin(const char *word, const char **ret_value)
{
    size_t length = strcspn(word, "=");
    if (length < sizeof "--a" - 1 || length > sizeof "--autologin" - 1 ||
        strncmp(word, "--autologin", length) != 0)
        return false;
    *ret_value = word[length] == '=' ? word + length + 1 : NULL;
    return true;
}

// login's "-f USER", handed over by "--login-options": nobody is asked, either.
static bool is_forced(const char *options)
{
    char word[WORDS_SIZE];
    while (words_next(&options, word))
        if (words_begin(word, "-f"))
            return true;
    return false;
}

// A word of short options: "-aNAME", "-Ja", "-o".
static void take_short(struct unit *unit, const char *word, const char **line)
{
    for (const char *p = word + 1; *p; p++) {
        char value[WORDS_SIZE] = "";
        if (!takes_value(*p))
            continue;
        if (p[1])
            (void)snprintf(value, sizeof value, "%s", p + 1);
        else
            (void)words_next(line, value);
        if (*p == 'a' || (*p == 'o' && is_forced(value)))
            add(unit, *p == 'a' ? value : "");
        return;
    }
}

static void take_long(struct unit *unit, const char *word, const char **line)
{
    const char *value;
    char next[WORDS_SIZE] = "";
    if (is_autologin(word, &value)) {
        if (!value)
            (void)words_next(line, next);
        add(unit, value ? value : next);
    } else if (words_begin(word, "--login-options")) {
        value = strchr(word, '=');
        if (!value)
            (void)words_next(line, next);
        if (is_forced(value ? value + 1 : next))
            add(unit, "");
    }
}

static void take_entry(void *context, const struct keyfile_entry *entry)
{
    struct unit *unit = context;
    const char *line = entry->value;
    char word[WORDS_SIZE];
    if (!text_equal(entry->section, "Service") || !text_equal(entry->key, "ExecStart") ||
        !words_next(&line, word))
        return;
    while (words_next(&line, word))
        if (words_begin(word, "--"))
            take_long(unit, word, &line);
        else if (word[0] == '-')
            take_short(unit, word, &line);
}

static void read_unit(struct sight *sight, const char *path, json_object *automatic)
{
    CLEANUP_FREE char *text = NULL;
    struct unit unit = {sight, automatic, path};
    if (sight_read(sight, path, &text) == 0 && !keyfile_read(text, true, take_entry, &unit))
        sight_note(sight, path, -E2BIG);
}

static void read_drop_ins(struct sight *sight, const char *folder, json_object *automatic)
{
    struct sight_names names = {0};
    sight_list(sight, folder, ".conf", &names);
    for (size_t i = 0; i < names.n; i++) {
        CLEANUP_FREE char *path = text_format("%s/%s", folder, names.items[i]);
        if (path)
            read_unit(sight, path, automatic);
        else
            sight->r = -ENOMEM;
    }
    sight_names_clear(&names);
}

static bool is_getty(const char *name)
{
    for (size_t i = 0; i < ELEMENTS(units); i++)
        if (words_begin(name, units[i]))
            return true;
    return false;
}

static void read_entry(struct sight *sight, const char *folder, const char *name,
                       json_object *automatic)
{
    CLEANUP_FREE char *path = text_format("%s/%s", folder, name);
    CLEANUP_FREE char *target = path ? sight_link(sight, path) : NULL;
    if (!path)
        sight->r = -ENOMEM;
    else if (target && (text_equal(target, "/dev/null") || !strchr(target, '/')))
        return; // masked, or an alias of another one in the same folder
    else if (strstr(name, ".service.d"))
        read_drop_ins(sight, path, automatic);
    else
        read_unit(sight, path, automatic);
}

void posture_look_at_getty(struct sight *sight, json_object *automatic)
{
    for (size_t i = 0; i < ELEMENTS(folders); i++) {
        struct sight_names services = {0}, drop_ins = {0};
        sight_list(sight, folders[i], ".service", &services);
        sight_list(sight, folders[i], ".service.d", &drop_ins);
        for (size_t k = 0; k < services.n; k++)
            if (is_getty(services.items[k]))
                read_entry(sight, folders[i], services.items[k], automatic);
        for (size_t k = 0; k < drop_ins.n; k++)
            if (is_getty(drop_ins.items[k]))
                read_entry(sight, folders[i], drop_ins.items[k], automatic);
        sight_names_clear(&services);
        sight_names_clear(&drop_ins);
    }
    for (size_t i = 0; i < ELEMENTS(credentials); i++)
        if (sight_has(sight, credentials[i]))
            add(&(struct unit){sight, automatic, credentials[i]}, "");
}
