// SPDX-License-Identifier: GPL-3.0-or-later
// How far the wall clock was set between two moments.
#pragma once

#include "base/moment.h"

#define CLOCK_STEP_MIN_NS NS_PER_S // less is no step: it is how time servers correct a clock

// 0: it ran as the monotonic clock did. Otherwise how much later (or, negative, earlier) it is than
// it would be, in milliseconds; *ret_expected_ns is what it would show.
int64_t clock_step_ms(const struct moment *before, const struct moment *now,
                      uint64_t *ret_expected_ns);
