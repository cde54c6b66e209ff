// SPDX-License-Identifier: GPL-3.0-or-later
// Part of "screen": what GNOME's system databases say and hold fast. A person's own settings are in
// a binary database, of which only is told that it is there.
#include "base/text.h"
#include "watch/posture/keyfile.h"
#include "watch/posture/topics.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const char *const paths[] = {
    "/org/gnome/desktop/session/idle-delay",
    "/org/gnome/desktop/screensaver/lock-enabled",
    "/org/gnome/desktop/screensaver/lock-delay",
    "/org/gnome/desktop/lockdown/disable-lock-screen",
};

static bool is_kept(const char *path)
{
    for (size_t i = 0; i < ELEMENTS(paths); i++)
        if (text_equal(paths[i], path))
            return true;
    return false;
}

// "org/gnome/desktop/session" of dconf, "org.gnome.desktop.session:GNOME" of a schema's override.
static void take(void *context, const struct keyfile_entry *entry)
{
    char section[KEYFILE_NAME_SIZE];
    text_copy(section, sizeof section, entry->section);
    section[strcspn(section, ":")] = '\0';
    for (char *p = section; *p; p++)
        if (*p == '.')
            *p = '/';
    CLEANUP_FREE char *path = text_format("/%s/%s", section, entry->key);
    if (path && is_kept(path))
        sight_add_text(context, path, entry->value);
}

static void read_keyfiles(struct sight *sight, const char *folder, const char *suffix,
                          json_object *values)
{
    struct sight_names names = {0};
    sight_list(sight, folder, suffix, &names);
    for (size_t i = 0; i < names.n; i++) {
        CLEANUP_FREE char *path = text_format("%s/%s", folder, names.items[i]);
        CLEANUP_FREE char *text = NULL;
        if (!path)
            sight->r = -ENOMEM;
        else if (!text_equal(names.items[i], "locks") && sight_read(sight, path, &text) == 0 &&
                 !keyfile_read(text, false, take, values))
            sight_note(sight, path, -E2BIG);
    }
    sight_names_clear(&names);
}

static void read_locks(struct sight *sight, const char *folder, json_object *locks)
{
    struct sight_names names = {0};
    sight_list(sight, folder, "", &names);
    for (size_t i = 0; i < names.n; i++) {
        CLEANUP_FREE char *path = text_format("%s/%s", folder, names.items[i]);
        CLEANUP_FREE char *text = NULL;
        char line[WORDS_LINE_SIZE];
        bool cut = false;
        if (!path)
            sight->r = -ENOMEM;
        if (!path || sight_read(sight, path, &text) < 0)
            continue;
        for (const char *rest = text; words_line(&rest, false, line, &cut);)
            if (is_kept(line))
                sight_append(sight, locks, sight_text(line), path);
    }
    sight_names_clear(&names);
}

static bool get_time(struct sight *sight, const char *path, struct timespec *ret)
{
    struct stat status;
    CLEANUP_CLOSE int fd = sight_open(sight, path, O_PATH);
    if (fd < 0 || fstat(fd, &status) < 0)
        return false;
    *ret = status.st_mtim;
    return true;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

// What was changed in the folder after “dconf update” does not count yet.
static bool is_compiled(struct sight *sight, const char *database, const char *folder)
{
    struct timespec made, changed;
    struct sight_names names = {0};
    bool compiled = get_time(sight, database, &made);
    sight_list(sight, folder, "", &names);
    for (size_t i = 0; compiled && i < names.n; i++) {
        CLEANUP_FREE char *path = text_format("%s/%s", folder, names.items[i]);
        compiled = path && get_time(sight, path, &changed) && !is_later(&changed, &made);
    }
    sight_names_clear(&names);
    return compiled;
}

static void read_database(struct sight *sight, const char *name, json_object *gnome)
{
    CLEANUP_FREE char *database = text_format("/etc/dconf/db/%s", name);
    CLEANUP_FREE char *folder = text_format("/etc/dconf/db/%s.d", name);
    CLEANUP_FREE char *locks = text_format("/etc/dconf/db/%s.d/locks", name);
    if (!database || !folder || !locks) {
        sight->r = -ENOMEM;
        return;
    }
    if (!sight_has(sight, folder))
        return;
    read_keyfiles(sight, folder, "", json_section(gnome, "values"));
    read_locks(sight, locks, json_get(gnome, "locks"));
    json_add_bool(gnome, "compiled",
                  is_compiled(sight, database, folder) && is_compiled(sight, database, locks));
}

// "gnome": {"defaults": {path: value} of schemas, "values": {path: value}, "locks": [path],
// "compiled": values and locks are those in force}. Of several databases the first one counts; more
// than one is noted.
void posture_look_at_gnome(struct sight *sight)
{
    CLEANUP_FREE char *profile = NULL;
    json_object *gnome = json_section(sight->topic, "gnome");
    char line[WORDS_LINE_SIZE];
    bool cut = false, seen = false;
    (void)sight_array(sight, gnome, "locks");
    read_keyfiles(sight, "/usr/share/glib-2.0/schemas", ".gschema.override",
                  json_section(gnome, "defaults"));
    if (sight_read(sight, "/etc/dconf/profile/user", &profile) < 0)
        return; // dconf takes the person's own settings only
    for (const char *rest = profile; words_line(&rest, false, line, &cut);) {
        if (!words_begin(line, "system-db:"))
            continue;
        if (seen || strchr(line, '/'))
            sight_note(sight, "/etc/dconf/profile/user", -EOPNOTSUPP);
        else
            read_database(sight, line + strlen("system-db:"), gnome);
        seen = true;
    }
}
