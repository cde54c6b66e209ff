// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the policy's room: the sections, a table each. A new one is a table here and a row in
// policy-parse.c.
#pragma once

#include "policy/policy-value.h"

extern const struct key_table section_site, section_usb, section_network, section_files,
    section_office, section_ledger, section_metrics;

// The key "radios" of the section "network".
void network_read_radios(struct reader *reader, const config_setting_t *setting, void *field);

// A list of groups: ( { … }, { … } ).
void section_read_list(struct reader *reader, const config_setting_t *list,
                       void (*read)(struct reader *reader, const config_setting_t *group));

// Has a path that begins with a slash no "//", "/./" and "/../" in it, which would make two names
// for one file?
bool section_is_plain_path(const char *path);
