// SPDX-License-Identifier: GPL-3.0-or-later
// Topic "logins": who is logged in by a display manager or a console without being asked.
#include "base/text.h"
#include "watch/posture/keyfile.h"
#include "watch/posture/topics.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#define SEATS_MAX 16

// One display manager. Folders are read in this order, and of each key the last value counts.
struct manager {
    const char *name;
    const char *program;  // it is installed if that is there
    const char *files[6]; // those that end in "/" are folders
    const char *suffix;   // of what is read in folders
    void (*take)(void *context, const struct keyfile_entry *entry);
};

struct seat {
    char section[KEYFILE_NAME_SIZE];
    char user[KEYFILE_NAME_SIZE];  // who is logged in at once
    char timed[KEYFILE_NAME_SIZE]; // … after a while
    bool enabled, timed_enabled;   // gdm has switches of their own
    bool guest;
    char path[KEYFILE_NAME_SIZE]; // where the latest of that stood
};

struct settings {
    const char *path;
    struct seat seats[SEATS_MAX];
    size_t n;
    bool has_too_many;
};

static struct seat *find_seat(struct settings *settings, const char *section)
{
    for (size_t i = 0; i < settings->n; i++)
        if (text_equal(settings->seats[i].section, section))
            return &settings->seats[i];
    if (settings->n == SEATS_MAX) {
        settings->has_too_many = true;
        return NULL;
    }
    struct seat *seat = &settings->seats[settings->n++];
    (void)snprintf(seat->section, sizeof seat->section, "%s", section);
    return seat;
}

static void keep(struct settings *settings, struct seat *seat, char *field, const char *value)
{
    (void)snprintf(field, KEYFILE_NAME_SIZE, "%s", value);
    (void)snprintf(seat->path, sizeof seat->path, "%s", settings->path);
}

static void note_path(struct settings *settings, struct seat *seat)
{
    (void)snprintf(seat->path, sizeof seat->path, "%s", settings->path);
}

// ---- What each manager knows -------------------------------------------------------------------

static void take_gdm(void *context, const struct keyfile_entry *entry)
{
    struct settings *settings = context;
    struct seat *seat =
        strcasecmp(entry->section, "daemon") == 0 ? find_seat(settings, "daemon") : NULL;
    if (!seat)
        return;
    if (strcasecmp(entry->key, "AutomaticLogin") == 0)
        keep(settings, seat, seat->user, entry->value);
    else if (strcasecmp(entry->key, "TimedLogin") == 0)
        keep(settings, seat, seat->timed, entry->value);
    else if (strcasecmp(entry->key, "AutomaticLoginEnable") == 0)
        seat->enabled = keyfile_is_true(entry->value);
    else if (strcasecmp(entry->key, "TimedLoginEnable") == 0)
        seat->timed_enabled = keyfile_is_true(entry->value);
}

static void take_lightdm(void *context, const struct keyfile_entry *entry)
{
    struct settings *settings = context;
    if (!words_begin(entry->section, "Seat"))
        return;
    struct seat *seat = find_seat(settings, entry->section);
    if (!seat)
        return;
    seat->enabled = true;
    if (text_equal(entry->key, "autologin-user"))
        keep(settings, seat, seat->user, entry->value);
    if (text_equal(entry->key, "autologin-guest") || text_equal(entry->key, "allow-guest")) {
        seat->guest = keyfile_is_true(entry->value);
        note_path(settings, seat);
    }
}

static void take_sddm(void *context, const struct keyfile_entry *entry)
{
    struct settings *settings = context;
    struct seat *seat =
        text_equal(entry->section, "Autologin") ? find_seat(settings, "Autologin") : NULL;
    if (!seat)
        return;
    seat->enabled = true;
    if (text_equal(entry->key, "User"))
        keep(settings, seat, seat->user, entry->value);
}

static void take_lxdm(void *context, const struct keyfile_entry *entry)
{
    struct settings *settings = context;
    struct seat *seat = text_equal(entry->section, "base") ? find_seat(settings, "base") : NULL;
    if (!seat)
        return;
    seat->enabled = true;
    if (text_equal(entry->key, "autologin"))
        keep(settings, seat, seat->user, entry->value);
}

static const struct manager managers[] = {
    {"gdm3",
     "/usr/sbin/gdm3",
     {"/etc/gdm3/daemon.conf", "/etc/gdm3/custom.conf", "/run/gdm3/custom.conf"},
     ".conf",
     take_gdm},
    {"lightdm",
     "/usr/sbin/lightdm",
     {"/usr/share/lightdm/lightdm.conf.d/", "/usr/local/share/lightdm/lightdm.conf.d/",
      "/etc/xdg/lightdm/lightdm.conf.d/", "/etc/lightdm/lightdm.conf.d/",
      "/etc/lightdm/lightdm.conf"},
     ".conf",
     take_lightdm},
    {"sddm",
     "/usr/bin/sddm",
     {"/usr/lib/sddm/sddm.conf.d/", "/etc/sddm.conf.d/", "/etc/sddm.conf"},
     "",
     take_sddm},
    {"lxdm", "/usr/sbin/lxdm", {"/etc/lxdm/default.conf", "/etc/lxdm/lxdm.conf"}, "", take_lxdm},
};

// ---- Reading -----------------------------------------------------------------------------------

static void read_file(struct sight *sight, const struct manager *manager, const char *path,
                      struct settings *settings)
{
    CLEANUP_FREE char *text = NULL;
    settings->path = path;
    if (sight_read(sight, path, &text) == 0 && !keyfile_read(text, false, manager->take, settings))
        sight_note(sight, path, -E2BIG);
}

static void read_folder(struct sight *sight, const struct manager *manager, const char *folder,
                        struct settings *settings)
{
    struct sight_names names = {0};
    sight_list(sight, folder, manager->suffix, &names);
    for (size_t i = 0; i < names.n; i++) {
        CLEANUP_FREE char *path = text_format("%s%s", folder, names.items[i]);
        if (path)
            read_file(sight, manager, path, settings);
        else
            sight->r = -ENOMEM;
    }
    sight_names_clear(&names);
}

static void add(struct sight *sight, json_object *automatic, const struct manager *manager,
                const char *kind, const char *user, const struct seat *seat)
{
    json_object *entry = json_object_new_object();
    json_add_text(entry, "by", manager->name);
    json_add_text(entry, "kind", kind);
    sight_add_text(entry, "user", user);
    sight_add_text(entry, "path", seat->path);
    sight_append(sight, automatic, entry, manager->name);
}

static void look_at_manager(struct sight *sight, const struct manager *manager,
                            json_object *automatic)
{
    struct settings *settings = calloc(1, sizeof *settings);
    if (!settings) {
        sight->r = -ENOMEM;
        return;
    }
    for (size_t i = 0; i < ELEMENTS(manager->files) && manager->files[i]; i++) {
        const char *path = manager->files[i];
        if (path[strlen(path) - 1] == '/')
            read_folder(sight, manager, path, settings);
        else
            read_file(sight, manager, path, settings);
    }
    for (size_t i = 0; i < settings->n; i++) {
        const struct seat *seat = &settings->seats[i];
        if (seat->enabled && seat->user[0])
            add(sight, automatic, manager, "at once", seat->user, seat);
        if (seat->timed_enabled && seat->timed[0])
            add(sight, automatic, manager, "after a while", seat->timed, seat);
        if (seat->guest)
            add(sight, automatic, manager, "guest", NULL, seat);
    }
    if (settings->has_too_many)
        sight_note(sight, manager->name, -E2BIG);
    free(settings);
}

// Debian's file; systemd's link tells which one starts where there is no such file.
static void name_default(struct sight *sight)
{
    CLEANUP_FREE char *text = NULL;
    if (sight_read(sight, "/etc/X11/default-display-manager", &text) == 0) {
        text[strcspn(text, "\n")] = '\0';
        sight_add_text(sight->topic, "default_manager", text_basename(text));
        return;
    }
    CLEANUP_FREE char *link = sight_link(sight, "/etc/systemd/system/display-manager.service");
    if (!link)
        return;
    char *end = strstr(link, ".service");
    if (end)
        *end = '\0';
    sight_add_text(sight->topic, "default_manager", text_basename(link));
}

// "managers": names of those that are installed; "default_manager": which one starts (absent:
// none); "automatic": [{"by", "kind": "at once", "after a while" or "guest", "user", "path"}].
void posture_look_at_logins(struct sight *sight)
{
    json_object *found = sight_array(sight, sight->topic, "managers");
    json_object *automatic = sight_array(sight, sight->topic, "automatic");
    // What an image without these has in it is no Debian that could be judged.
    (void)sight_has_needed(sight, "/etc");
    (void)sight_has_needed(sight, "/usr/sbin");
    (void)sight_has_needed(sight, "/usr/lib/systemd/system");
    for (size_t i = 0; i < ELEMENTS(managers); i++) {
        if (!sight_has(sight, managers[i].program))
            continue;
        sight_append(sight, found, sight_text(managers[i].name), managers[i].name);
        look_at_manager(sight, &managers[i], automatic);
    }
    name_default(sight);
    posture_look_at_getty(sight, automatic);
}
