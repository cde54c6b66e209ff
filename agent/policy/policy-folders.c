// SPDX-License-Identifier: GPL-3.0-or-later
// The sections "files" (which folders are protected) and "office" (when people work).
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <errno.h>
#include <string.h>

#define FOLDERS_MAX 64
#define FOLDER_MAX 4095 // bytes: the kernel's PATH_MAX without its NUL
#define SHOWN_MAX 64
#define DAYS 7
#define DAY_MINUTES (24 * 60)

// ---- Protected folders -------------------------------------------------------------------------
bool section_is_plain_path(const char *path)
{
    for (const char *name = path; *name; name += strcspn(name, "/")) {
        name++; // the slash before it
        size_t length = strcspn(name, "/");
        if (length == 0 || strncmp(name, ".", length) == 0 ||
            (length == 2 && strncmp(name, "..", 2) == 0))
            return false;
    }
    return true;
}

static bool is_inside(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

char *folders_read_path(struct reader *reader, const config_setting_t *setting)
{
    const char *value = reader_text(reader, setting, FOLDER_MAX);
    CLEANUP_FREE char *escaped = value ? text_escape(value, strlen(value), FOLDER_MAX) : NULL;
    CLEANUP_FREE char *path = value ? strdup(value) : NULL;
    if (!value)
        return NULL;
    if (!escaped || !path) {
        reader->r = -ENOMEM;
        return NULL;
    }
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
    if (strcmp(escaped, value) != 0)
        reader_refuse(reader, setting, _("holds a backslash or a character that cannot be shown"),
                      strdup(_("give the folder another name")));
    else if (path[0] != '/')
        reader_refuse(reader, setting, _("is no absolute path"),
                      strdup(_("write the whole path, beginning with “/”")));
    else if (path[1] == '\0')
        reader_refuse(reader, setting, _("is everything"),
                      strdup(_("name the folders that hold protected data")));
    else if (!section_is_plain_path(path))
        reader_refuse(reader, setting, _("is no plain path"),
                      strdup(_("write it without “..”, “.” and “//”")));
    else
        return TAKE_PTR(path);
    return NULL;
}

static bool is_covered(struct reader *reader, const config_setting_t *setting, const char *path)
{
    const struct policy *policy = reader->policy;
    for (size_t i = 0; i < policy->n_folders; i++) {
        const char *other = policy->folders[i];
        CLEANUP_FREE char *shown = text_escape(other, strlen(other), SHOWN_MAX);
        if (strcmp(path, other) == 0)
            reader_refuse(reader, setting, _("stands twice in this list"),
                          strdup(_("keep one of the two")));
        else if (is_inside(path, other) || is_inside(other, path))
            reader_refuse(
                reader, setting, _("and another protected folder lie one inside the other"),
                shown ? text_format(_("the outer one covers both; the other is “%s”"), shown)
                      : NULL);
        else
            continue;
        return true;
    }
    return false;
}

static void read_folder(struct reader *reader, const config_setting_t *element, void *field)
{
    struct policy *policy = reader->policy;
    (void)field;
    CLEANUP_FREE char *path = folders_read_path(reader, element);
    if (!path || is_covered(reader, element, path))
        return;
    if (policy->n_folders >= FOLDERS_MAX) {
        reader_mistake(reader, element, text_format(_("more than %d folders"), FOLDERS_MAX),
                       strdup(_("name a folder that holds several of them")));
        return;
    }
    char **folders = reallocarray(policy->folders, policy->n_folders + 1, sizeof *folders);
    if (!folders) {
        reader->r = -ENOMEM;
        return;
    }
    policy->folders = folders;
    folders[policy->n_folders++] = TAKE_PTR(path);
}

// A list in another file adds to this one.
static void read_folders(struct reader *reader, const config_setting_t *setting, void *field)
{
    if (reader_is_list(reader, setting, _("a list of folders: (\"/srv/tokutei\")")))
        reader_read_each(reader, setting, read_folder, field);
}

static const struct key files_keys[] = {
    {"protected", read_folders},
    {"handlers", handlers_read},
    {"fold_seconds", value_read_fold, offsetof(struct policy, fold_ns), .once = true},
};
const struct key_table section_files = {"files", files_keys, ELEMENTS(files_keys)};

// ---- Office hours ------------------------------------------------------------------------------
// "08:30" as minutes; 24:00 is the end of the day. −1: it is none.
static int parse_time(const char *text)
{
    static const char form[] = "dd:dd";
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == ':' ? text[i] != ':' : text[i] < '0' || text[i] > '9')
            return -1;
    int hours = (text[0] - '0') * 10 + text[1] - '0',
        minutes = (text[3] - '0') * 10 + text[4] - '0';
    int all = hours * 60 + minutes;
    return minutes < 60 && all <= DAY_MINUTES ? all : -1;
}

static void read_hours(struct reader *reader, const config_setting_t *setting, void *field)
{
    struct policy *policy = field;
    const char *value = reader_string(reader, setting);
    if (!value)
        return;
    int from = -1, until = -1;
    if (strlen(value) == sizeof "08:30-17:30" - 1 && value[5] == '-') {
        from = parse_time(value);
        until = parse_time(value + 6);
    }
    if (from < 0 || until < 0) {
        reader_refuse(reader, setting, _("says no office hours"),
                      strdup(_("write them as \"HH:MM-HH:MM\", for example \"08:30-17:30\"")));
    } else if (from >= until) {
        reader_refuse(reader, setting, _("ends before it begins"),
                      strdup(_("office hours begin and end on one day: \"08:30-17:30\"")));
    } else {
        policy->office_from = (uint16_t)from;
        policy->office_until = (uint16_t)until;
    }
}

// The day that begins at *text, which moves behind it. −1: none does.
static int take_day(const char **text)
{
    static const char names[DAYS][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int i = 0; i < DAYS; i++) {
        if (strncmp(*text, names[i], 3) != 0)
            continue;
        *text += 3;
        return i;
    }
    return -1;
}

// "mon-fri", "mon,wed,sat-sun": a bit for each day; 0: it is no such list.
static uint8_t parse_days(const char *text)
{
    uint8_t days = 0;
    for (;;) {
        int first = take_day(&text), last = first;
        if (first >= 0 && *text == '-') {
            text++;
            last = take_day(&text);
        }
        if (first < 0 || last < 0)
            return 0;
        for (int day = first;; day = (day + 1) % DAYS) {
            days |= (uint8_t)(1u << day);
            if (day == last)
                break;
        }
        if (*text == '\0')
            return days;
        if (*text++ != ',')
            return 0;
    }
}

static void read_days(struct reader *reader, const config_setting_t *setting, void *field)
{
    const char *value = reader_string(reader, setting);
    uint8_t days = value ? parse_days(value) : 0;
    if (value && days == 0)
        reader_refuse(reader, setting, _("names no days of the week"),
                      strdup(_("write \"mon-fri\", or a list as \"mon,wed,fri\", without spaces")));
    else if (value)
        *(uint8_t *)field = days;
}

static const struct key office_keys[] = {
    {"hours", read_hours, .required = true, .once = true},
    {"days", read_days, offsetof(struct policy, office_days), .once = true},
};
const struct key_table section_office = {"office", office_keys, ELEMENTS(office_keys)};
