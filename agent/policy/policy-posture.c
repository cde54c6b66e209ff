// SPDX-License-Identifier: GPL-3.0-or-later
// The section "posture": how the machine is to be set up for those who sit at it.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <errno.h>
#include <string.h>

#define NAMES_MAX 64
#define NAME_MAX_LENGTH 64
#define SHOWN_MAX 64

static void refuse(struct reader *reader, const config_setting_t *setting, const char *what,
                   char *remedy)
{
    const char *value = config_setting_get_string(setting);
    CLEANUP_FREE char *shown = text_escape(value, strlen(value), SHOWN_MAX);
    reader_mistake(reader, setting, shown ? text_format(_("“%s” %s"), shown, what) : NULL, remedy);
}

static bool is_there(const struct policy_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

// As useradd(8) takes them, capitals too: other tools make those.
static bool is_account_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return name[strspn(name, letters)] == '\0' && name[0] != '-';
}

static void add(struct reader *reader, struct policy_names *names, const char *name)
{
    char **items = reallocarray(names->items, names->n + 1, sizeof *items);
    if (items)
        names->items = items;
    char *copy = items ? text_dup(name) : NULL;
    if (copy)
        items[names->n++] = copy;
    else
        reader->r = -ENOMEM;
}

static void read_name(struct reader *reader, const config_setting_t *element,
                      struct policy_names *names)
{
    const char *name = reader_text(reader, element, NAME_MAX_LENGTH);
    if (!name)
        return;
    if (!is_account_name(name))
        refuse(reader, element, _("is no name of an account"),
               strdup(_("write it as “getent passwd” shows it, in front of the first “:”")));
    else if (is_there(names, name))
        refuse(reader, element, _("stands twice in the list"), strdup(_("keep one of the two")));
    else if (names->n == NAMES_MAX)
        reader_mistake(reader, element, text_format(_("more than %d names"), NAMES_MAX),
                       strdup(_("name those that are needed")));
    else
        add(reader, names, name);
}

// A list in another file adds to this one.
void names_read(struct reader *reader, const config_setting_t *setting, void *field)
{
    int type = config_setting_type(setting);
    if (type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY) {
        reader_wrong_type(reader, setting, _("a list of names: [\"yamada\", \"suzuki\"]"));
        return;
    }
    for (int i = 0; i < config_setting_length(setting) && reader->r == 0; i++)
        read_name(reader, config_setting_get_elem(setting, (unsigned)i), field);
}

static const struct key posture_keys[] = {
    {"administrators", names_read, offsetof(struct policy, administrators)},
    {"shared_names", names_read, offsetof(struct policy, shared_names)},
    {"ssh_keys", names_read, offsetof(struct policy, ssh_keys)},
    {"ssh_passwords", value_read_bool, offsetof(struct policy, ssh_passwords), .once = true},
    {"lock_after_minutes", value_read_lock, offsetof(struct policy, lock_after_ns), .once = true},
    {"time_server", value_read_bool, offsetof(struct policy, time_server), .once = true},
    {"hibernation", value_read_bool, offsetof(struct policy, hibernation), .once = true},
};
const struct key_table section_posture = {"posture", posture_keys, ELEMENTS(posture_keys)};
