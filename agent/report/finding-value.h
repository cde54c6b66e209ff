// SPDX-License-Identifier: GPL-3.0-or-later
// The four answers that the standard knows.
#pragma once

#include "base/util.h"

enum finding_value {
    FINDING_OK,             // 適
    FINDING_VIOLATION,      // 否
    FINDING_NOT_APPLICABLE, // 該当なし
    FINDING_UNVERIFIED,     // 未確認
    FINDING_VALUE_MAX,
};
const char *finding_value_to_str(enum finding_value value); // as the contract's `check` says it
must_check int finding_value_from_str(const char *text, enum finding_value *ret); // −EINVAL
// Of two findings about one thing the one that counts: a violation before what is unverified, that
// before ok. What does not apply counts only alone.
enum finding_value finding_value_worse(enum finding_value a, enum finding_value b);
