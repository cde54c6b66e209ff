// SPDX-License-Identifier: GPL-3.0-or-later
// The section "posture": how the machine is to be set up for those who sit at it.
#include "policy/policy-section.h"

static const struct key posture_keys[] = {
    {"administrators", names_read_accounts, offsetof(struct policy, administrators)},
    {"shared_names", names_read_accounts, offsetof(struct policy, shared_names)},
    {"ssh_keys", names_read_accounts, offsetof(struct policy, ssh_keys)},
    {"ssh_passwords", value_read_bool, offsetof(struct policy, ssh_passwords), .once = true},
    {"lock_after_minutes", value_read_lock, offsetof(struct policy, lock_after_ns), .once = true},
    {"time_server", value_read_bool, offsetof(struct policy, time_server), .once = true},
    {"hibernation", value_read_bool, offsetof(struct policy, hibernation), .once = true},
};
const struct key_table section_posture = {"posture", posture_keys, ELEMENTS(posture_keys)};
