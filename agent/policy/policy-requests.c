// SPDX-License-Identifier: GPL-3.0-or-later
// The section "requests": what people may ask for, and what they choose from when they do.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <errno.h>
#include <string.h>

#define PURPOSES_MAX 4        // buttons that a pop-up has room for
#define PURPOSE_BYTES_MAX 120 // and a button for words

static void read_purpose(struct reader *reader, const config_setting_t *element, void *field)
{
    struct policy_names *purposes = field;
    const char *value = reader_text(reader, element, PURPOSE_BYTES_MAX);
    if (!value)
        return;
    CLEANUP_FREE char *shown = text_escape(value, strlen(value), PURPOSE_BYTES_MAX);
    if (!shown)
        reader->r = -ENOMEM;
    else if (strcmp(shown, value) != 0)
        reader_refuse(reader, element, _("holds a character that cannot be shown"),
                      strdup(_("write it without")));
    else if (policy_names_have(purposes, value))
        reader_refuse_twin(reader, element);
    else if (purposes->n == PURPOSES_MAX)
        reader_mistake(reader, element, text_format(_("more than %d purposes"), PURPOSES_MAX),
                       strdup(_("a pop-up has room for no more buttons")));
    else
        names_add(reader, purposes, value);
}

// A list in another file adds to this one.
static void read_purposes(struct reader *reader, const config_setting_t *setting, void *field)
{
    if (reader_is_list(reader, setting, _("a list of texts: [\"…\", \"…\"]")))
        reader_read_each(reader, setting, read_purpose, field);
}

static const struct key requests_keys[] = {
    {"purposes", read_purposes, offsetof(struct policy, purposes)},
    {"longest_days", value_read_days, offsetof(struct policy, request_longest_ns), .once = true},
    {"expire_days", value_read_days, offsetof(struct policy, request_expires_ns), .once = true},
    {"encrypted", value_read_bool, offsetof(struct policy, request_encrypted), .once = true},
};
const struct key_table section_requests = {"requests", requests_keys, ELEMENTS(requests_keys)};
