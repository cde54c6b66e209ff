// SPDX-License-Identifier: GPL-3.0-or-later
// The sections "site" (who, where, under whose responsibility) and "ledger" (how records are kept).
#include "base/i18n.h"
#include "base/text.h"
#include "policy/policy-section.h"

#include <errno.h>
#include <string.h>

void section_read_list(struct reader *reader, const config_setting_t *list,
                       void (*read)(struct reader *reader, const config_setting_t *group))
{
    if (!config_setting_is_list(list)) {
        reader_wrong_type(reader, list, _("a list of groups: ( { … }, { … } )"));
        return;
    }
    for (int i = 0; i < config_setting_length(list) && reader->r == 0; i++)
        read(reader, config_setting_get_elem(list, (unsigned)i));
}

static void read_time_zone(struct reader *reader, const config_setting_t *setting, void *field)
{
    CLEANUP(zone_free_p) struct zone *zone = NULL;
    const char *value = reader_string(reader, setting);
    if (!value)
        return;
    int r = zone_open(value, &zone);
    if (r == 0)
        r = text_set(field, value);
    if (r == -ENOMEM)
        reader->r = r;
    if (r == 0 || r == -ENOMEM)
        return;
    CLEANUP_FREE char *shown = text_escape(value, strlen(value), 64);
    reader_mistake(reader, setting, shown ? text_format(_("“%s” is no time zone"), shown) : NULL,
                   strdup(_("write a name from “timedatectl list-timezones”, "
                            "for example \"Asia/Tokyo\"")));
}

// ---- Officers ----------------------------------------------------------------------------------
static const struct key officer_keys[] = {
    {"role", value_read_text, offsetof(struct officer, role), .required = true},
    {"name", value_read_text, offsetof(struct officer, name), .required = true},
    {"phone", value_read_text, offsetof(struct officer, phone)},
    {"from", value_read_first_day, offsetof(struct officer, from_ns)},
    {"until", value_read_last_day, offsetof(struct officer, until_ns)},
};
static const struct key_table officer_table = {"site.officers", officer_keys,
                                               ELEMENTS(officer_keys)};

static bool is_officer_already(const struct policy *policy, const struct officer *officer)
{
    for (size_t i = 0; i < policy->n_officers; i++) {
        const struct officer *other = policy->officers[i];
        if (text_equal(other->role, officer->role) && text_equal(other->name, officer->name) &&
            other->from_ns == officer->from_ns)
            return true;
    }
    return false;
}

static void check_officer(struct reader *reader, const config_setting_t *group,
                          const struct officer *officer)
{
    if (officer->until_ns > 0 && officer->until_ns <= officer->from_ns)
        reader_mistake(reader, config_setting_get_member(group, "until"),
                       strdup(_("the term of office ends before it begins")),
                       strdup(_("“until” is its last day, “from” its first")));
    if (is_officer_already(reader->policy, officer))
        reader_mistake(reader, group,
                       text_format(_("%s %s is already named"), officer->role, officer->name),
                       strdup(_("keep one of the two")));
}

// `group`: one { … } of site.officers.
static void read_officer(struct reader *reader, const config_setting_t *group)
{
    struct policy *policy = reader->policy;
    size_t before = reader->mistakes->n;
    CLEANUP(officer_free_p) struct officer *officer = calloc(1, sizeof *officer);
    struct officer **list = reallocarray(policy->officers, policy->n_officers + 1, sizeof *list);
    if (list)
        policy->officers = list;
    if (!officer || !list) {
        reader->r = -ENOMEM;
        return;
    }
    reader_read_group(reader, group, &officer_table, officer);
    if (reader->r == 0 && reader->mistakes->n == before)
        check_officer(reader, group, officer);
    if (reader->r == 0 && reader->mistakes->n == before)
        list[policy->n_officers++] = TAKE_PTR(officer);
}

static void read_officers(struct reader *reader, const config_setting_t *setting, void *field)
{
    (void)field;
    section_read_list(reader, setting, read_officer);
}

static const struct key site_keys[] = {
    {"name", value_read_text, offsetof(struct policy, site_name), .once = true},
    {"area", value_read_text, offsetof(struct policy, site_area), .once = true},
    {"time_zone", read_time_zone, offsetof(struct policy, time_zone), .once = true},
    {"officers", read_officers},
    {"self_approval", value_read_bool, offsetof(struct policy, self_approval), .once = true},
};
const struct key_table section_site = {"site", site_keys, ELEMENTS(site_keys)};

// ---- Ledger ------------------------------------------------------------------------------------
static const struct key ledger_keys[] = {
    {"seal_minutes", value_read_minutes, offsetof(struct policy, seal_interval_ns), .once = true},
    {"contract_end", value_read_latest_day, offsetof(struct policy, contract_end_ns), .once = true},
};
const struct key_table section_ledger = {"ledger", ledger_keys, ELEMENTS(ledger_keys)};
