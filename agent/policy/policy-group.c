// SPDX-License-Identifier: GPL-3.0-or-later
// One group of the policy, key by key, by its table.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-value.h"

#include <errno.h>
#include <string.h>

#define KEYS_MAX 16

void reader_mistake(struct reader *reader, const config_setting_t *setting, char *what,
                    char *remedy)
{
    struct place place = reader_place(reader, setting);
    int r = policy_mistake_add(reader->mistakes, place.file, place.line, what, remedy);
    if (r < 0)
        reader->r = r;
}

const char *reader_line(const struct reader *reader, unsigned number)
{
    const char *text = reader->file->text;
    for (; number > 1 && text; number--) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return text;
}

static bool line_holds(const struct reader *reader, unsigned number, const char *value)
{
    const char *text = reader_line(reader, number);
    CLEANUP_FREE char *quoted = text_format("\"%s\"", value);
    CLEANUP_FREE char *line = text ? strndup(text, strcspn(text, "\n")) : NULL;
    return quoted && line && strstr(line, quoted);
}

struct place reader_place(const struct reader *reader, const config_setting_t *setting)
{
    struct place place = {reader->file->name, config_setting_source_line(setting)};
    // libconfig has to look behind a text in a list to know that it ends there, and notes the line
    // of what it saw: the text itself stands there, or a few lines above.
    if (config_setting_type(setting) == CONFIG_TYPE_STRING && !config_setting_name(setting))
        for (unsigned up = 0; up < 8 && up < place.line; up++)
            if (line_holds(reader, place.line - up, config_setting_get_string(setting)))
                return (struct place){place.file, place.line - up};
    return place;
}

static char *dotted_path(const config_setting_t *setting)
{
    const config_setting_t *parent = config_setting_parent(setting);
    const char *name = config_setting_name(setting);
    if (!parent || config_setting_is_root(parent))
        return text_dup(name ? name : "");
    if (!name) // what lies below an entry of a list goes by the name of the list
        return dotted_path(parent);
    CLEANUP_FREE char *path = dotted_path(parent);
    return path ? text_format("%s.%s", path, name) : NULL;
}

char *reader_path(const config_setting_t *setting)
{
    CLEANUP_FREE char *path = dotted_path(setting);
    if (!path || config_setting_name(setting))
        return TAKE_PTR(path);
    return text_format(_("an entry of %s"), path);
}

static const char *type_name(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
        return _("a text");
    case CONFIG_TYPE_BOOL:
        return _("true or false");
    case CONFIG_TYPE_GROUP:
        return _("a group { }");
    case CONFIG_TYPE_LIST:
        return _("a list ( )");
    case CONFIG_TYPE_ARRAY:
        return _("an array [ ]");
    default:
        return _("a number");
    }
}

void reader_wrong_type(struct reader *reader, const config_setting_t *setting, const char *expected)
{
    CLEANUP_FREE char *path = reader_path(setting);
    reader_mistake(reader, setting,
                   path ? text_format(_("%s is %s"), path, type_name(setting)) : NULL,
                   text_format(_("write %s"), expected));
}

static const struct key *find_key(const struct key_table *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->keys[i].name, name) == 0)
            return &table->keys[i];
    return NULL;
}

// "hubs, keyboards, mice". NULL on lack of memory.
static char *list_keys(const struct key_table *table)
{
    char *list = strdup(table->keys[0].name);
    for (size_t i = 1; list && i < table->n; i++) {
        char *longer = text_format("%s, %s", list, table->keys[i].name);
        free(list);
        list = longer;
    }
    return list;
}

// What to do about an unknown key. NULL on lack of memory.
static char *unknown_remedy(const struct key_table *table, const char *name)
{
    const char *names[KEYS_MAX];
    size_t n = table->n < KEYS_MAX ? table->n : KEYS_MAX;
    for (size_t i = 0; i < n; i++)
        names[i] = table->keys[i].name;
    const char *meant = nearest_word(name, names, n);
    const char *other = table->hint ? table->hint(name) : NULL;
    CLEANUP_FREE char *known = list_keys(table);
    if (!known)
        return NULL;
    return other   ? strdup(other)
           : meant ? text_format(_("did you mean “%s”? (known: %s)"), meant, known)
                   : text_format(_("known here: %s"), known);
}

static void unknown_key(struct reader *reader, const config_setting_t *setting,
                        const struct key_table *table)
{
    // A name is ASCII: libconfig takes nothing else for one.
    const char *name = config_setting_name(setting);
    reader_mistake(reader, setting,
                   table->name ? text_format(_("%s knows no “%.64s”"), table->name, name)
                               : text_format(_("there is no section “%.64s”"), name),
                   unknown_remedy(table, name));
}

// Within one file libconfig refuses the second; here it is about another file.
static bool is_second(struct reader *reader, const config_setting_t *setting, const struct key *key)
{
    for (size_t i = 0; i < reader->n_seen; i++) {
        const struct place *first = &reader->seen[i].place;
        if (reader->seen[i].key != key)
            continue;
        CLEANUP_FREE char *path = reader_path(setting);
        reader_mistake(
            reader, setting,
            path ? text_format(_("%s is already set in %s:%u"), path, first->file, first->line)
                 : NULL,
            strdup(_("keep one of the two")));
        return true;
    }
    struct seen *larger = reallocarray(reader->seen, reader->n_seen + 1, sizeof *larger);
    if (!larger) {
        reader->r = -ENOMEM;
        return true;
    }
    reader->seen = larger;
    larger[reader->n_seen++] = (struct seen){key, reader_place(reader, setting)};
    return false;
}

static void check_required(struct reader *reader, const config_setting_t *group,
                           const struct key_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        if (table->keys[i].required && !config_setting_get_member(group, table->keys[i].name))
            reader_mistake(reader, group,
                           text_format(_("%s lacks “%s”"), table->name, table->keys[i].name),
                           text_format(_("add %s = \"…\";"), table->keys[i].name));
}

void reader_read_group(struct reader *reader, const config_setting_t *group,
                       const struct key_table *table, void *object)
{
    if (!config_setting_is_group(group)) {
        reader_wrong_type(reader, group, _("a group: { … }"));
        return;
    }
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const struct key *key = find_key(table, config_setting_name(setting));
        if (!key)
            unknown_key(reader, setting, table);
        else if (!key->once || !is_second(reader, setting, key))
            key->read(reader, setting, (char *)object + key->offset);
    }
    check_required(reader, group, table);
}
