// SPDX-License-Identifier: GPL-3.0-or-later
// The section "usb": what passes by default, and the approvals that stand in the policy.
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <errno.h>
#include <string.h>

// ---- Classes that pass by default --------------------------------------------------------------
static void read_word(struct reader *reader, const config_setting_t *setting,
                      struct gate_class *class)
{
    static const char *const words[] = {"allow", "refuse"};
    const char *value = reader_string(reader, setting);
    if (!value)
        return;
    for (size_t i = 0; i < ELEMENTS(words); i++) {
        if (strcmp(value, words[i]) == 0) {
            class->rule = i == 0 ? DEFAULT_ALLOW : DEFAULT_REFUSE;
            return;
        }
    }
    CLEANUP_FREE char *shown = text_escape(value, strlen(value), 64);
    const char *meant = nearest_word(value, words, ELEMENTS(words));
    reader_mistake(
        reader, setting, shown ? text_format(_("“%s” is no rule"), shown) : NULL,
        meant ? text_format(_("did you mean “%s”?"), meant)
              : strdup(_("write \"allow\", \"refuse\", or a list of devices: (\"VVVV:PPPP:*\")")));
}

static bool is_named_already(const struct gate_class *class, const struct approval *approval)
{
    for (size_t i = 0; i < class->n_named; i++)
        if (approval_is_for_same(class->named[i], approval))
            return true;
    return false;
}

static void read_named(struct reader *reader, const config_setting_t *element, void *field)
{
    struct gate_class *class = field;
    CLEANUP(approval_free_p) struct approval *approval = calloc(1, sizeof *approval);
    size_t before = reader->mistakes->n;
    if (!approval) {
        reader->r = -ENOMEM;
        return;
    }
    value_read_device(reader, element, approval);
    if (reader->r < 0 || reader->mistakes->n > before)
        return;
    if (is_named_already(class, approval)) {
        reader_mistake(
            reader, element,
            text_format(_("“%s” stands twice in this list"), config_setting_get_string(element)),
            strdup(_("keep one of the two")));
        return;
    }
    int r = gate_class_add(class, approval);
    if (r < 0)
        reader->r = r;
}

static void read_class(struct reader *reader, const config_setting_t *setting, void *field)
{
    struct gate_class *class = field;
    if (config_setting_type(setting) == CONFIG_TYPE_STRING) {
        read_word(reader, setting, class);
        return;
    }
    if (!reader_is_list(reader, setting,
                        _("\"allow\", \"refuse\", or a list of devices: (\"VVVV:PPPP:*\")")))
        return;
    if (config_setting_length(setting) == 0)
        reader_mistake(reader, setting, strdup(_("this list names no device")),
                       strdup(_("name one, or write \"refuse\"")));
    class->rule = DEFAULT_NAMED;
    reader_read_each(reader, setting, read_named, class);
}

// ---- Keyboards that come at a doubtful moment --------------------------------------------------
static void read_caution(struct reader *reader, const config_setting_t *setting, void *field)
{
    const char *const words[] = {gate_caution_to_str(CAUTION_ALLOW),
                                 gate_caution_to_str(CAUTION_ASK),
                                 gate_caution_to_str(CAUTION_REFUSE)};
    const char *value = reader_string(reader, setting);
    if (!value || gate_caution_from_str(value, field) == 0)
        return;
    CLEANUP_FREE char *shown = text_escape(value, strlen(value), 64);
    const char *meant = nearest_word(value, words, ELEMENTS(words));
    reader_mistake(reader, setting, shown ? text_format(_("“%s” is no rule"), shown) : NULL,
                   meant ? text_format(_("did you mean “%s”?"), meant)
                         : strdup(_("write \"allow\", \"ask\" or \"refuse\"")));
}

// ---- Ports -------------------------------------------------------------------------------------
static void read_port(struct reader *reader, const config_setting_t *element, void *field)
{
    const char *name = reader_string(reader, element);
    if (!name)
        return;
    if (!gate_is_port_name(name)) {
        CLEANUP_FREE char *shown = text_escape(name, strlen(name), 64);
        reader_mistake(reader, element,
                       shown ? text_format(_("“%s” is no name of a port"), shown) : NULL,
                       strdup(_("copy “port” of a device from “sekisho usb list --json”")));
        return;
    }
    int r = gate_ports_add(field, name);
    if (r == -ENOSPC)
        reader_mistake(reader, element, text_format(_("more than %d ports"), GATE_PORTS_MAX),
                       strdup(_("name the hub that they are on")));
    else if (r < 0)
        reader->r = r;
}

static void read_ports(struct reader *reader, const config_setting_t *setting, void *field)
{
    if (config_setting_type(setting) == CONFIG_TYPE_STRING &&
        text_equal(config_setting_get_string(setting), "all"))
        return;
    if (!reader_is_list(reader, setting,
                        _("\"all\", or a list of ports: (\"pci-0000:00:14.0-usb-0:1\")")))
        return;
    if (config_setting_length(setting) == 0)
        reader_mistake(reader, setting, strdup(_("this list names no port")),
                       strdup(_("name one, or write \"all\"")));
    reader_read_each(reader, setting, read_port, field);
}

// ---- Approvals ---------------------------------------------------------------------------------
static void read_hash(struct reader *reader, const config_setting_t *setting, void *field)
{
    struct approval *approval = field;
    const char *value = reader_string(reader, setting);
    if (!value)
        return;
    if (text_unhex(value, sizeof approval->hash, approval->hash) < 0)
        reader_mistake(reader, setting, strdup(_("the hash is not 64 hexadecimal digits")),
                       strdup(_("copy it from “sekisho usb list --json”, or take the line out")));
    else
        approval->has_hash = true;
}

static void read_luks(struct reader *reader, const config_setting_t *setting, void *field)
{
    struct approval *approval = field;
    char uuid[UUID_TEXT_SIZE];
    const char *value = reader_string(reader, setting);
    if (!value)
        return;
    if (text_to_uuid(value, uuid) < 0)
        reader_mistake(reader, setting, strdup(_("this is no LUKS UUID")),
                       strdup(_("copy it from “sekisho usb list”, or from “cryptsetup luksUUID”")));
    else if (text_set(&approval->luks, uuid) < 0)
        reader->r = -ENOMEM;
}

static const struct key approval_keys[] = {
    {"device", value_read_device, .required = true},
    {"read_only", value_read_bool, offsetof(struct approval, read_only)},
    {"encrypted", value_read_bool, offsetof(struct approval, encrypted)},
    {"until", value_read_last_day, offsetof(struct approval, until_ns)},
    {"reason", value_read_text, offsetof(struct approval, reason)},
    {"permit", value_read_text, offsetof(struct approval, permit)},
    {"port", value_read_text, offsetof(struct approval, port)},
    {"hash", read_hash},
    {"luks", read_luks},
};
static const struct key_table approval_table = {"usb.allow", approval_keys,
                                                ELEMENTS(approval_keys)};

static bool is_allowed_already(struct reader *reader, const config_setting_t *group,
                               const struct approval *approval)
{
    const struct policy *policy = reader->policy;
    for (size_t i = 0; i < policy->n_approvals; i++) {
        if (!approval_is_for_same(policy->approvals[i], approval))
            continue;
        const config_setting_t *device = config_setting_get_member(group, "device");
        reader_mistake(reader, device,
                       text_format(_("“%s” is already allowed in %s:%u"),
                                   config_setting_get_string(device), reader->allowed[i].file,
                                   reader->allowed[i].line),
                       strdup(_("keep one of the two")));
        return true;
    }
    return false;
}

// Takes over *approval.
static int keep_approval(struct reader *reader, struct place place, struct approval **approval)
{
    struct policy *policy = reader->policy;
    size_t n = policy->n_approvals + 1;
    struct approval **list = reallocarray(policy->approvals, n, sizeof *list);
    if (!list)
        return -ENOMEM;
    policy->approvals = list;
    struct place *places = reallocarray(reader->allowed, n, sizeof *places);
    if (!places)
        return -ENOMEM;
    reader->allowed = places;
    places[n - 1] = place;
    list[n - 1] = TAKE_PTR(*approval);
    policy->n_approvals = n;
    return 0;
}

// `group`: one { … } of usb.allow.
static void read_approval(struct reader *reader, const config_setting_t *group)
{
    CLEANUP(approval_free_p) struct approval *approval = calloc(1, sizeof *approval);
    size_t before = reader->mistakes->n;
    int r = approval ? text_set(&approval->approver, text_basename(reader->file->name)) : -ENOMEM;
    if (r < 0) {
        reader->r = r;
        return;
    }
    reader_read_group(reader, group, &approval_table, approval);
    approval->encrypted |= approval->luks != NULL;
    if (reader->r < 0 || reader->mistakes->n > before ||
        is_allowed_already(reader, group, approval))
        return;
    if (reader->policy->n_approvals >= APPROVALS_MAX) {
        reader_mistake(reader, group, text_format(_("more than %d approvals"), APPROVALS_MAX),
                       strdup(_("take out those that have ended")));
        return;
    }
    r = keep_approval(reader, reader_place(reader, group), &approval);
    if (r < 0)
        reader->r = r;
}

static void read_allow(struct reader *reader, const config_setting_t *setting, void *field)
{
    (void)field;
    section_read_list(reader, setting, read_approval);
}

static const struct key keys[] = {
    {"hubs", read_class, offsetof(struct policy, hubs), .once = true},
    {"keyboards", read_class, offsetof(struct policy, keyboards), .once = true},
    {"mice", read_class, offsetof(struct policy, mice), .once = true},
    {"other_input", read_class, offsetof(struct policy, other_input), .once = true},
    {"further_keyboards", read_caution, offsetof(struct policy, further_keyboards), .once = true},
    {"keyboards_while_locked", read_caution, offsetof(struct policy, keyboards_while_locked),
     .once = true},
    {"ports", read_ports, offsetof(struct policy, ports), .once = true},
    {"allow", read_allow},
};
const struct key_table section_usb = {"usb", keys, ELEMENTS(keys)};
