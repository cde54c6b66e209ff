// SPDX-License-Identifier: GPL-3.0-or-later
// The section "incidents": by when the city is told, and how often people are reminded.
#include "base/i18n.h"
#include "base/moment.h"
#include "policy/policy-section.h"

static void read_days(struct reader *reader, const config_setting_t *setting, long long least,
                      long long most, const char *remedy, uint64_t *field)
{
    const struct measure days = {
        .least = least,
        .most = most,
        .unit = 1,
        .form = _("a whole number of days, without quotes"),
        .remedy = remedy,
    };
    value_read_measure(reader, setting, &days, field);
}

static void read_first(struct reader *reader, const config_setting_t *setting, void *field)
{
    read_days(reader, setting, 3, 5, _("write 3, 4 or 5"), field);
}

static void read_final(struct reader *reader, const config_setting_t *setting, void *field)
{
    read_days(reader, setting, 1, 30, _("write a number from 1 to 30; 30 is usual"), field);
}

static void read_purpose(struct reader *reader, const config_setting_t *setting, void *field)
{
    read_days(reader, setting, 1, 60, _("write a number from 1 to 60; 60 is usual"), field);
}

static void read_hours(struct reader *reader, const config_setting_t *setting, void *field)
{
    const struct measure hours = {
        .least = 1,
        .most = 168,
        .unit = 3600 * NS_PER_S,
        .form = _("a whole number of hours, without quotes"),
        .remedy = _("write a number from 1 to 168; 24 is usual"),
    };
    value_read_measure(reader, setting, &hours, field);
}

static const struct key incidents_keys[] = {
    {"first_report_days", read_first, offsetof(struct policy, first_report_days), .once = true},
    {"final_report_days", read_final, offsetof(struct policy, final_report_days), .once = true},
    {"purpose_report_days", read_purpose, offsetof(struct policy, purpose_report_days),
     .once = true},
    {"remind_hours", read_hours, offsetof(struct policy, remind_ns), .once = true},
};
const struct key_table section_incidents = {"incidents", incidents_keys, ELEMENTS(incidents_keys)};
