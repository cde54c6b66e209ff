// SPDX-License-Identifier: GPL-3.0-or-later
// The section "antivirus": what is asked of the product beside that it works.
#include "policy/policy-section.h"

static const struct key antivirus_keys[] = {
    {"product", value_read_text, offsetof(struct policy, antivirus_product), .once = true},
    {"definitions_max_days", value_read_days, offsetof(struct policy, definitions_max_ns),
     .once = true},
    {"on_access", value_read_bool, offsetof(struct policy, antivirus_on_access), .once = true},
    {"scan_max_days", value_read_days_or_none, offsetof(struct policy, scan_max_ns), .once = true},
};
const struct key_table section_antivirus = {"antivirus", antivirus_keys, ELEMENTS(antivirus_keys)};
