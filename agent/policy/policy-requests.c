// SPDX-License-Identifier: GPL-3.0-or-later
// The section "requests": what people may ask for, and what they choose from when they do.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <errno.h>
#include <string.h>

#define PURPOSES_MAX 4        // buttons that a pop-up has room for
#define PURPOSE_BYTES_MAX 120 // and a button for words

static bool is_there(const struct policy_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
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

static void read_purpose(struct reader *reader, const config_setting_t *element,
                         struct policy_names *names)
{
    const char *value = reader_text(reader, element, PURPOSE_BYTES_MAX);
    if (!value)
        return;
    CLEANUP_FREE char *shown = text_escape(value, strlen(value), PURPOSE_BYTES_MAX);
    if (!shown)
        reader->r = -ENOMEM;
    else if (strcmp(shown, value) != 0)
        reader_mistake(reader, element,
                       text_format(_("“%s” holds a character that cannot be shown"), shown),
                       strdup(_("write it without")));
    else if (is_there(names, value))
        reader_mistake(reader, element, text_format(_("“%s” stands twice in the list"), shown),
                       strdup(_("keep one of the two")));
    else if (names->n == PURPOSES_MAX)
        reader_mistake(reader, element, text_format(_("more than %d purposes"), PURPOSES_MAX),
                       strdup(_("a pop-up has room for no more buttons")));
    else
        add(reader, names, value);
}

// A list in another file adds to this one.
static void read_purposes(struct reader *reader, const config_setting_t *setting, void *field)
{
    int type = config_setting_type(setting);
    if (type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY) {
        reader_wrong_type(reader, setting, _("a list of texts: [\"…\", \"…\"]"));
        return;
    }
    for (int i = 0; i < config_setting_length(setting) && reader->r == 0; i++)
        read_purpose(reader, config_setting_get_elem(setting, (unsigned)i), field);
}

static const struct key requests_keys[] = {
    {"purposes", read_purposes, offsetof(struct policy, purposes)},
    {"longest_days", value_read_days, offsetof(struct policy, request_longest_ns), .once = true},
    {"expire_days", value_read_days, offsetof(struct policy, request_expires_ns), .once = true},
    {"encrypted", value_read_bool, offsetof(struct policy, request_encrypted), .once = true},
};
const struct key_table section_requests = {"requests", requests_keys, ELEMENTS(requests_keys)};
