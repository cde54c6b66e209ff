// SPDX-License-Identifier: GPL-3.0-or-later
// The key "handlers" of the section "files": who works with which protected folder.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <errno.h>
#include <string.h>

#define NAME_MAX_BYTES 256
#define NAMES_MAX 256 // of users, and of groups, for one folder

// Twice is as good as once: a list that was in use may have it.
static void read_name(struct reader *reader, const config_setting_t *element, void *field)
{
    struct policy_names *names = field;
    const char *name = reader_text(reader, element, NAME_MAX_BYTES);
    if (!name || policy_names_have(names, name))
        return;
    if (names->n >= NAMES_MAX)
        reader_mistake(reader, element, text_format(_("more than %d names"), NAMES_MAX),
                       strdup(_("name a group that they are members of")));
    else
        names_add(reader, names, name);
}

static void read_names(struct reader *reader, const config_setting_t *setting, void *field)
{
    if (reader_is_list(reader, setting, _("a list of names: [\"sato\", \"suzuki\"]")))
        reader_read_each(reader, setting, read_name, field);
}

static void read_folder(struct reader *reader, const config_setting_t *setting, void *field)
{
    struct handlers *handlers = field;
    free(handlers->folder);
    handlers->folder = folders_read_path(reader, setting);
}

static const struct key handler_keys[] = {
    {"folder", read_folder, .required = true},
    {"users", read_names, offsetof(struct handlers, users)},
    {"groups", read_names, offsetof(struct handlers, groups)},
};
static const struct key_table handler_table = {"handlers", handler_keys, ELEMENTS(handler_keys)};

static bool stands_twice(struct reader *reader, const config_setting_t *group, const char *folder)
{
    const struct policy *policy = reader->policy;
    for (size_t i = 0; i < policy->n_handlers; i++) {
        if (strcmp(policy->handlers[i]->folder, folder) != 0)
            continue;
        reader_mistake(reader, group,
                       text_format(_("handlers of “%s” are already named in %s:%u"), folder,
                                   reader->handled[i].file, reader->handled[i].line),
                       strdup(_("put all names into one entry")));
        return true;
    }
    return false;
}

static int append(struct reader *reader, const config_setting_t *group, struct handlers *handlers)
{
    struct policy *policy = reader->policy;
    size_t n = policy->n_handlers + 1;
    struct handlers **items = reallocarray(policy->handlers, n, sizeof *items);
    if (!items)
        return -ENOMEM;
    policy->handlers = items;
    struct place *places = reallocarray(reader->handled, n, sizeof *places);
    if (!places)
        return -ENOMEM;
    reader->handled = places;
    places[n - 1] = reader_place(reader, group);
    items[n - 1] = handlers;
    policy->n_handlers = n;
    return 0;
}

static void read_entry(struct reader *reader, const config_setting_t *group)
{
    CLEANUP(handlers_free_p) struct handlers *handlers = calloc(1, sizeof *handlers);
    if (!handlers) {
        reader->r = -ENOMEM;
        return;
    }
    reader_read_group(reader, group, &handler_table, handlers);
    if (!handlers->folder || reader->r < 0 || stands_twice(reader, group, handlers->folder))
        return;
    reader->r = append(reader, group, handlers);
    if (reader->r == 0)
        handlers = NULL;
}

void handlers_read(struct reader *reader, const config_setting_t *setting, void *field)
{
    (void)field;
    section_read_list(reader, setting, read_entry);
}

static bool is_protected(const struct policy *policy, const char *folder)
{
    for (size_t i = 0; i < policy->n_folders; i++)
        if (strcmp(policy->folders[i], folder) == 0)
            return true;
    return false;
}

int handlers_check(struct reader *reader)
{
    const struct policy *policy = reader->policy;
    int r = 0;
    for (size_t i = 0; r == 0 && i < policy->n_handlers; i++) {
        const char *folder = policy->handlers[i]->folder;
        if (is_protected(policy, folder))
            continue;
        CLEANUP_FREE char *shown = text_escape(folder, strlen(folder), 64);
        r = policy_mistake_add(
            reader->mistakes, reader->handled[i].file, reader->handled[i].line,
            shown ? text_format(_("“%s” has handlers and is not protected"), shown) : NULL,
            strdup(_("name the same folder in “protected”")));
    }
    return r;
}
