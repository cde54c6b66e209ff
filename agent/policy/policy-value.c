// SPDX-License-Identifier: GPL-3.0-or-later
// One value each: texts, switches, numbers, days, devices.
#include "policy/policy-value.h"

#include "base/i18n.h"
#include "base/moment.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_SHOWN_MAX 64

// The value as a message shows it. NULL on lack of memory.
static char *shown(const char *value)
{
    return text_escape(value, strlen(value), VALUE_SHOWN_MAX);
}

void reader_refuse(struct reader *reader, const config_setting_t *setting, const char *what,
                   char *remedy)
{
    CLEANUP_FREE char *text = shown(config_setting_get_string(setting));
    reader_mistake(reader, setting, text ? text_format(_("“%s” %s"), text, what) : NULL, remedy);
}

void reader_refuse_twin(struct reader *reader, const config_setting_t *element)
{
    reader_refuse(reader, element, _("stands twice in the list"), strdup(_("keep one of the two")));
}

bool reader_is_list(struct reader *reader, const config_setting_t *setting, const char *expected)
{
    int type = config_setting_type(setting);
    bool is_list = type == CONFIG_TYPE_LIST || type == CONFIG_TYPE_ARRAY;
    if (!is_list)
        reader_wrong_type(reader, setting, expected);
    return is_list;
}

void reader_read_each(struct reader *reader, const config_setting_t *list,
                      void (*read)(struct reader *reader, const config_setting_t *element,
                                   void *field),
                      void *field)
{
    for (int i = 0; i < config_setting_length(list) && reader->r == 0; i++)
        read(reader, config_setting_get_elem(list, (unsigned)i), field);
}

// "site.name is empty": `problem` is what follows the setting's path.
static void path_mistake(struct reader *reader, const config_setting_t *setting,
                         const char *problem, char *remedy)
{
    CLEANUP_FREE char *path = reader_path(setting);
    reader_mistake(reader, setting, path ? text_format("%s %s", path, problem) : NULL, remedy);
}

const char *reader_text(struct reader *reader, const config_setting_t *setting, size_t max)
{
    if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
        reader_wrong_type(reader, setting, _("a text between double quotes: \"…\""));
        return NULL;
    }
    const char *value = config_setting_get_string(setting);
    if (value[0] == '\0') {
        path_mistake(reader, setting, _("is empty"),
                     strdup(_("write a value between the quotes, or take the line out")));
        return NULL;
    }
    if (strlen(value) > max) {
        path_mistake(reader, setting, _("is too long"),
                     text_format(_("write at most %d bytes"), (int)max));
        return NULL;
    }
    return value;
}

const char *reader_string(struct reader *reader, const config_setting_t *setting)
{
    return reader_text(reader, setting, APPROVAL_TEXT_MAX);
}

void value_read_text(struct reader *reader, const config_setting_t *setting, void *field)
{
    const char *value = reader_string(reader, setting);
    CLEANUP_FREE char *escaped =
        value ? text_escape(value, strlen(value), APPROVAL_TEXT_MAX) : NULL;
    if (!value)
        return;
    if (!escaped) {
        reader->r = -ENOMEM;
        return;
    }
    if (strcmp(escaped, value) != 0) {
        path_mistake(reader, setting, _("holds a character that cannot be shown"),
                     text_format(_("write it without; it stands here as \"%s\""), escaped));
        return;
    }
    if (text_set(field, value) < 0)
        reader->r = -ENOMEM;
}

void value_read_bool(struct reader *reader, const config_setting_t *setting, void *field)
{
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
        reader_wrong_type(reader, setting, _("true or false, without quotes"));
    else
        *(bool *)field = config_setting_get_bool(setting);
}

// libconfig 1.5 cuts numbers silently to 32 bits, so that 4294967311 would be 15: does this very
// number stand behind the setting's name?
static bool is_as_written(const struct reader *reader, const config_setting_t *setting,
                          long long number)
{
    const char *text = reader_line(reader, config_setting_source_line(setting));
    text = text ? strstr(text, config_setting_name(setting)) : NULL;
    if (!text)
        return false;
    text += strlen(config_setting_name(setting));
    text += strspn(text, " \t\r\n=:");
    errno = 0;
    return strtoll(text, NULL, 10) == number && errno == 0;
}

void value_read_measure(struct reader *reader, const config_setting_t *setting,
                        const struct measure *measure, uint64_t *field)
{
    int type = config_setting_type(setting);
    if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) ||
        config_setting_get_format(setting) != CONFIG_FORMAT_DEFAULT) {
        reader_wrong_type(reader, setting, measure->form);
        return;
    }
    long long number = config_setting_get_int64(setting);
    if (number < measure->least || number > measure->most ||
        !is_as_written(reader, setting, number))
        path_mistake(reader, setting, _("is out of range"), strdup(measure->remedy));
    else
        *field = (uint64_t)number * measure->unit;
}

void value_read_minutes(struct reader *reader, const config_setting_t *setting, void *field)
{
    const struct measure minutes = {
        .least = 1,
        .most = 60,
        .unit = 60 * NS_PER_S,
        .form = _("a whole number of minutes, without quotes"),
        .remedy = _("write a number from 1 to 60; 15 is usual"),
    };
    value_read_measure(reader, setting, &minutes, field);
}

void value_read_lock(struct reader *reader, const config_setting_t *setting, void *field)
{
    const struct measure minutes = {
        .least = 1,
        .most = 60,
        .unit = 60 * NS_PER_S,
        .form = _("a whole number of minutes, without quotes"),
        .remedy = _("write a number from 1 to 60; 10 is usual"),
    };
    value_read_measure(reader, setting, &minutes, field);
}

void value_read_fold(struct reader *reader, const config_setting_t *setting, void *field)
{
    const struct measure seconds = {
        .least = 0,
        .most = 3600,
        .unit = NS_PER_S,
        .form = _("a whole number of seconds, without quotes"),
        .remedy = _("write a number from 0 to 3600; 5 is usual"),
    };
    value_read_measure(reader, setting, &seconds, field);
}

static void read_days(struct reader *reader, const config_setting_t *setting, long long least,
                      uint64_t *field)
{
    const struct measure days = {
        .least = least,
        .most = 366,
        .unit = 24 * 3600 * NS_PER_S,
        .form = _("a whole number of days, without quotes"),
        .remedy = least > 0 ? _("write a number from 1 to 366") : _("write a number from 0 to 366"),
    };
    value_read_measure(reader, setting, &days, field);
}

void value_read_days(struct reader *reader, const config_setting_t *setting, void *field)
{
    read_days(reader, setting, 1, field);
}

void value_read_days_or_none(struct reader *reader, const config_setting_t *setting, void *field)
{
    read_days(reader, setting, 0, field);
}

static void read_day(struct reader *reader, const config_setting_t *setting, unsigned later,
                     uint64_t *field)
{
    const char *value = reader_string(reader, setting);
    uint64_t ns = 0;
    if (!value || !reader->zone)
        return;
    int r = zone_parse_day(reader->zone, value, later, &ns);
    if (r == 0) {
        *field = ns;
        return;
    }
    CLEANUP_FREE char *text = shown(value);
    if (!text)
        reader->r = -ENOMEM;
    else if (r == -ERANGE)
        reader_mistake(reader, setting, text_format(_("“%s” is too far away"), text),
                       strdup(_("for an open end take the line out")));
    else
        reader_mistake(reader, setting, text_format(_("“%s” is no day of the calendar"), text),
                       strdup(_("write it as \"YYYY-MM-DD\", for example \"2027-03-31\"")));
}

void value_read_first_day(struct reader *reader, const config_setting_t *setting, void *field)
{
    read_day(reader, setting, 0, field);
}

void value_read_last_day(struct reader *reader, const config_setting_t *setting, void *field)
{
    read_day(reader, setting, 1, field);
}

void value_read_latest_day(struct reader *reader, const config_setting_t *setting, void *field)
{
    uint64_t *latest = field;
    if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
        value_read_last_day(reader, setting, field);
        return;
    }
    for (int i = 0; i < config_setting_length(setting); i++) {
        uint64_t ns = 0;
        value_read_last_day(reader, config_setting_get_elem(setting, (unsigned)i), &ns);
        if (ns > *latest)
            *latest = ns;
    }
}

void value_read_device(struct reader *reader, const config_setting_t *setting, void *field)
{
    const char *value = reader_string(reader, setting);
    int r = value ? approval_parse_device(value, true, field) : 0;
    if (r == -ENOMEM)
        reader->r = r;
    if (r != -EINVAL)
        return;
    CLEANUP_FREE char *text = shown(value);
    reader_mistake(
        reader, setting, text ? text_format(_("“%s” names no device"), text) : NULL,
        strdup(_("write \"VVVV:PPPP:SERIAL\" as “sekisho usb list” shows it, "
                 "\"VVVV:PPPP\" for a device without a serial, \"VVVV:PPPP:*\" for any")));
}
