// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "screen": does a screen lock when its person is away, for each person and desktop.
#include "base/text.h"
#include "watch/posture/keyfile.h"
#include "watch/posture/topics.h"

#include <errno.h>
#include <string.h>

#define LIGHT_LOCKER "/etc/xdg/autostart/light-locker.desktop"

static const char *const session_folders[] = {"/usr/share/xsessions",
                                              "/usr/share/wayland-sessions"};
static const struct {
    const char *name, *path;
} programs[] = {
    {"xfce4-screensaver", "/usr/bin/xfce4-screensaver"},
    {"light-locker", "/usr/bin/light-locker"},
};

// ---- Desktop files -----------------------------------------------------------------------------

struct desktop_file {
    char names[KEYFILE_NAME_SIZE];
    bool hidden;
};

static void take_desktop(void *context, const struct keyfile_entry *entry)
{
    struct desktop_file *file = context;
    if (!text_equal(entry->section, "Desktop Entry"))
        return;
    if (text_equal(entry->key, "DesktopNames"))
        (void)snprintf(file->names, sizeof file->names, "%s", entry->value);
    else if (text_equal(entry->key, "Hidden") || text_equal(entry->key, "NoDisplay"))
        file->hidden = text_equal(entry->value, "true") && text_equal(entry->key, "Hidden");
    else if (text_equal(entry->key, "X-GNOME-Autostart-enabled"))
        file->hidden = file->hidden || text_equal(entry->value, "false");
}

// −ENOENT: there is none.
static int read_desktop(struct sight *sight, const char *path, struct desktop_file *ret)
{
    CLEANUP_FREE char *text = NULL;
    int r = sight_read(sight, path, &text);
    if (r < 0)
        return r;
    if (!keyfile_read(text, false, take_desktop, ret))
        sight_note(sight, path, -E2BIG);
    return 0;
}

static void add_session(struct sight *sight, json_object *sessions, const char *path)
{
    struct desktop_file file = {0};
    if (read_desktop(sight, path, &file) < 0)
        return;
    json_object *entry = json_object_new_object();
    sight_add_text(entry, "file", text_basename(path));
    sight_add_text(entry, "desktop", file.names);
    sight_append(sight, sessions, entry, path);
}

static void list_sessions(struct sight *sight)
{
    json_object *sessions = sight_array(sight, sight->topic, "sessions");
    for (size_t i = 0; i < ELEMENTS(session_folders); i++) {
        struct sight_names names = {0};
        sight_list(sight, session_folders[i], ".desktop", &names);
        for (size_t k = 0; k < names.n; k++) {
            CLEANUP_FREE char *path = text_format("%s/%s", session_folders[i], names.items[k]);
            if (path)
                add_session(sight, sessions, path);
            else
                sight->r = -ENOMEM;
        }
        sight_names_clear(&names);
    }
}

// ---- Persons -----------------------------------------------------------------------------------

static void look_at_own(struct sight *sight, const char *home)
{
    CLEANUP_FREE char *kde = text_format("%s/.config/kscreenlockerrc", home);
    CLEANUP_FREE char *xfce = text_format("%s/.config", home);
    CLEANUP_FREE char *dconf = text_format("%s/.config/dconf/user", home);
    CLEANUP_FREE char *locker = text_format("%s/.config/autostart/light-locker.desktop", home);
    struct desktop_file file = {0};
    if (!kde || !xfce || !dconf || !locker) {
        sight->r = -ENOMEM;
        return;
    }
    posture_look_at_kde(sight, kde, json_section(sight->topic, "kde"));
    posture_look_at_xfce(sight, xfce, json_section(sight->topic, "xfce"));
    json_add_bool(sight->topic, "dconf", sight_has(sight, dconf));
    if (read_desktop(sight, locker, &file) == 0)
        json_add_bool(sight->topic, "light_locker_off", file.hidden);
}

// An own "errors" each: one person's home that can't be read says nothing of the others.
static void look_at_person(struct sight *sight, json_object *persons, const struct account *account)
{
    json_object *outer = sight->topic, *entry = json_object_new_object();
    sight_add_text(entry, "name", account->name);
    sight->topic = entry;
    if (entry && sight_has_needed(sight, account->home))
        look_at_own(sight, account->home);
    sight->topic = outer;
    sight_append(sight, persons, entry, "/etc/passwd");
}

// "sessions": [{"file", "desktop": DesktopNames}]: what a display manager offers; "programs": names
// of lockers that are installed; "gnome": see screen-gnome.c; "kde", "xfce": what the system says
// (screen-kde.c, screen-xfce.c); "light_locker": it is started with each session; "persons":
// [{"name", "kde", "xfce", "dconf": has settings of their own, "light_locker_off", "errors"}].
void posture_look_at_screen(struct sight *sight)
{
    struct desktop_file file = {0};
    json_object *found = sight_array(sight, sight->topic, "programs");
    (void)sight_has_needed(sight, "/usr/share");
    sight_note_accounts(sight);
    list_sessions(sight);
    for (size_t i = 0; i < ELEMENTS(programs); i++)
        if (sight_has(sight, programs[i].path))
            sight_append(sight, found, sight_text(programs[i].name), programs[i].name);
    posture_look_at_gnome(sight);
    posture_look_at_kde(sight, "/etc/xdg/kscreenlockerrc", json_section(sight->topic, "kde"));
    posture_look_at_xfce(sight, "/etc/xdg", json_section(sight->topic, "xfce"));
    json_add_bool(sight->topic, "light_locker",
                  read_desktop(sight, LIGHT_LOCKER, &file) == 0 && !file.hidden);
    json_object *persons = sight_array(sight, sight->topic, "persons");
    for (size_t i = 0; i < sight->accounts.n; i++)
        if (account_is_person(&sight->accounts.items[i]))
            look_at_person(sight, persons, &sight->accounts.items[i]);
}
