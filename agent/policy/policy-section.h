// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the policy's room: the sections, a table each. A new one is a table here and a row in
// policy-parse.c.
#pragma once

#include "policy/policy-value.h"

extern const struct key_table section_site, section_usb, section_network, section_files,
    section_office, section_ledger, section_posture, section_antivirus, section_metrics,
    section_operators, section_requests, section_incidents;

// The key "radios" of the section "network".
void network_read_radios(struct reader *reader, const config_setting_t *setting, void *field);

// The key "handlers" of the section "files"; and, when all files are read: is each of them about a
// protected folder?
void handlers_read(struct reader *reader, const config_setting_t *setting, void *field);
must_check int handlers_check(struct reader *reader);
// A path that stands for one folder, without slashes at the end; NULL after a mistake.
char *folders_read_path(struct reader *reader, const config_setting_t *setting);

// A list of names of accounts; one in another file adds to it. `field`: a struct policy_names.
void names_read_accounts(struct reader *reader, const config_setting_t *setting, void *field);
// A name that is not among them yet, and has been looked at.
void names_add(struct reader *reader, struct policy_names *names, const char *name);

// When all files are read: is there a way in for the owner?
must_check int operators_check(struct reader *reader);

// A list of groups: ( { … }, { … } ).
void section_read_list(struct reader *reader, const config_setting_t *list,
                       void (*read)(struct reader *reader, const config_setting_t *group));

// Has a path that begins with a slash no "//", "/./" and "/../" in it, which would make two names
// for one file?
bool section_is_plain_path(const char *path);
