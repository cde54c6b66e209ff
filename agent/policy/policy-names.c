// SPDX-License-Identifier: GPL-3.0-or-later
// Lists of names, in whichever section they stand.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <errno.h>
#include <string.h>

#define NAMES_MAX 64
#define NAME_MAX_LENGTH 64

void names_add(struct reader *reader, struct policy_names *names, const char *name)
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

// As useradd(8) takes them, capitals too: other tools make those.
static bool is_account_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return name[strspn(name, letters)] == '\0' && name[0] != '-';
}

static void read_account(struct reader *reader, const config_setting_t *element, void *field)
{
    struct policy_names *names = field;
    const char *name = reader_text(reader, element, NAME_MAX_LENGTH);
    if (!name)
        return;
    if (!is_account_name(name))
        reader_refuse(reader, element, _("is no name of an account"),
                      strdup(_("write it as “getent passwd” shows it, in front of the first “:”")));
    else if (policy_names_have(names, name))
        reader_refuse_twin(reader, element);
    else if (names->n == NAMES_MAX)
        reader_mistake(reader, element, text_format(_("more than %d names"), NAMES_MAX),
                       strdup(_("name those that are needed")));
    else
        names_add(reader, names, name);
}

void names_read_accounts(struct reader *reader, const config_setting_t *setting, void *field)
{
    if (reader_is_list(reader, setting, _("a list of names: [\"yamada\", \"suzuki\"]")))
        reader_read_each(reader, setting, read_account, field);
}
