// SPDX-License-Identifier: GPL-3.0-or-later
// A table of keys, by their dotted names, over what libconfig reads.
#include "watch/antivirus/profile-read.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <libconfig.h>
#include <string.h>

#define VALUE_MAX 255

static const struct key {
    const char *name;
    bool is_path, required;
} keys[] = {
    [PROFILE_NAME] = {"name", .required = true},
    [PROFILE_TITLE] = {"title", .required = true},
    [PROFILE_PROGRAM] = {"program", .is_path = true, .required = true},
    [PROFILE_UNIT] = {"unit"},
    [PROFILE_PROCESS] = {"process", .is_path = true},
    [PROFILE_DEFINITIONS_FOLDER] = {"definitions.folder", .is_path = true},
    [PROFILE_DEFINITIONS_FILE] = {"definitions.file", .is_path = true},
    [PROFILE_SOCKET_CONFIG] = {"socket.config", .is_path = true},
    [PROFILE_SOCKET_PATH] = {"socket.path", .is_path = true},
    [PROFILE_ON_ACCESS_PROCESS] = {"on_access.process", .is_path = true},
    [PROFILE_ON_ACCESS_FOLDER] = {"on_access.folder", .is_path = true},
    [PROFILE_ON_ACCESS_LOG] = {"on_access.log", .is_path = true},
    [PROFILE_SCAN_LOG] = {"scan.log", .is_path = true},
    [PROFILE_SCAN_STAMP] = {"scan.stamp", .is_path = true},
    [PROFILE_LOG] = {"log", .is_path = true},
    [PROFILE_FIELD_HEALTHY] = {"fields.healthy"},
    [PROFILE_FIELD_DEFINITIONS_MINUTES] = {"fields.definitions_minutes"},
    [PROFILE_FIELD_ON_ACCESS] = {"fields.on_access"},
};
static_assert(ELEMENTS(keys) == PROFILE_TEXT_MAX, "a key for each text");

static const char *const groups[] = {"definitions", "socket", "on_access", "scan", "fields"};

struct reading {
    struct profile *profile;
    struct profiles *mistakes;
    bool wrong;
    int r; // −ENOMEM
};

static void mistake(struct reading *reading, unsigned line, enum profile_fault fault,
                    const char *key)
{
    const struct profile_mistake found = {reading->profile->file, line, fault, (char *)key};
    int r = profiles_add_mistake(reading->mistakes, &found);
    reading->wrong = true;
    if (r < 0)
        reading->r = r;
}

// A text of printable characters, or NULL after a mistake.
static char *take_text(struct reading *reading, const config_setting_t *setting, const char *key,
                       bool is_path)
{
    const char *value = config_setting_get_string(setting);
    unsigned line = config_setting_source_line(setting);
    CLEANUP_FREE char *copy = value ? text_escape(value, strlen(value), VALUE_MAX) : NULL;
    if (value && !copy)
        reading->r = -ENOMEM;
    else if (!value || value[0] == '\0' || strcmp(copy, value) != 0)
        mistake(reading, line, PROFILE_FAULT_WRONG_TYPE, key);
    else if (is_path && value[0] != '/')
        mistake(reading, line, PROFILE_FAULT_NO_PATH, key);
    else
        return TAKE_PTR(copy);
    return NULL;
}

static void read_list(struct reading *reading, const config_setting_t *setting, const char *key,
                      char **field)
{
    int n = config_setting_length(setting);
    if (!config_setting_is_array(setting) || n < 1 || n > PROFILE_LIST_MAX) {
        mistake(reading, config_setting_source_line(setting), PROFILE_FAULT_WRONG_TYPE, key);
        return;
    }
    for (unsigned i = 0; i < (unsigned)n; i++)
        field[i] = take_text(reading, config_setting_get_elem(setting, i), key, false);
    if (field == reading->profile->command && field[0] && field[0][0] != '/')
        mistake(reading, config_setting_source_line(setting), PROFILE_FAULT_NO_PATH, key);
    for (unsigned i = 0; field == reading->profile->names && i < (unsigned)n; i++)
        if (field[i] && strchr(field[i], '/'))
            mistake(reading, config_setting_source_line(setting), PROFILE_FAULT_WRONG_TYPE, key);
}

static void read_tried(struct reading *reading, const config_setting_t *setting)
{
    if (config_setting_type(setting) == CONFIG_TYPE_BOOL)
        reading->profile->tried = config_setting_get_bool(setting);
    else
        mistake(reading, config_setting_source_line(setting), PROFILE_FAULT_WRONG_TYPE, "tried");
}

static void read_value(struct reading *reading, const config_setting_t *setting, const char *name)
{
    struct profile *profile = reading->profile;
    if (strcmp(name, "tried") == 0) {
        read_tried(reading, setting);
        return;
    }
    if (strcmp(name, "command") == 0 || strcmp(name, "definitions.names") == 0) {
        read_list(reading, setting, name, name[0] == 'c' ? profile->command : profile->names);
        return;
    }
    for (size_t i = 0; i < PROFILE_TEXT_MAX; i++)
        if (strcmp(keys[i].name, name) == 0) {
            profile->text[i] = take_text(reading, setting, name, keys[i].is_path);
            return;
        }
    mistake(reading, config_setting_source_line(setting), PROFILE_FAULT_UNKNOWN_KEY, name);
}

static bool is_group(const char *name)
{
    for (size_t i = 0; i < ELEMENTS(groups); i++)
        if (strcmp(groups[i], name) == 0)
            return true;
    return false;
}

static void read_group(struct reading *reading, const config_setting_t *group, const char *prefix)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(setting);
        CLEANUP_FREE char *whole = text_format("%s%s%s", prefix, prefix[0] ? "." : "", name);
        if (!whole)
            reading->r = -ENOMEM;
        else if (!prefix[0] && is_group(name) && config_setting_is_group(setting))
            read_group(reading, setting, name);
        else
            read_value(reading, setting, whole);
    }
}

static void check_required(struct reading *reading)
{
    for (size_t i = 0; i < PROFILE_TEXT_MAX; i++)
        if (keys[i].required && !reading->profile->text[i] && !reading->wrong)
            mistake(reading, 0, PROFILE_FAULT_MISSING, keys[i].name);
}

// libconfig would open other files.
static bool includes(const char *text)
{
    return strstr(text, "@include") != NULL;
}

int profile_parse(const char *text, struct profile *profile, struct profiles *mistakes)
{
    struct reading reading = {.profile = profile, .mistakes = mistakes};
    config_t config;
    config_init(&config);
    if (includes(text))
        mistake(&reading, 0, PROFILE_FAULT_SYNTAX, "@include");
    else if (config_read_string(&config, text) != CONFIG_TRUE)
        mistake(&reading, (unsigned)config_error_line(&config), PROFILE_FAULT_SYNTAX, NULL);
    else
        read_group(&reading, config_root_setting(&config), "");
    if (!reading.wrong)
        check_required(&reading);
    config_destroy(&config);
    return reading.r < 0 ? reading.r : !reading.wrong;
}
