// SPDX-License-Identifier: GPL-3.0-or-later
// Sets of stretches of time: added in any order, joined, taken from each other, cut into days.
#pragma once

#include "base/util.h"

#include <stddef.h>
#include <stdint.h>

// Half-open, wall time in nanoseconds.
struct span {
    uint64_t from_ns, to_ns;
};

// Sorted, without overlap. Empty when zeroed.
struct spans {
    struct span *items;
    size_t n;
};

void spans_clear(struct spans *spans);
// An empty or reversed stretch adds nothing.
must_check int spans_add(struct spans *spans, uint64_t from_ns, uint64_t to_ns);
must_check int spans_remove(struct spans *spans, uint64_t from_ns, uint64_t to_ns);
// Removes what lies outside of the period.
must_check int spans_cut(struct spans *spans, const struct span *period);
must_check int spans_remove_all(struct spans *spans, const struct spans *others);
must_check int spans_add_all(struct spans *spans, const struct spans *others);
// Leaves what lies in both.
must_check int spans_keep(struct spans *spans, const struct spans *others);
// What of them lies within.
uint64_t spans_total(const struct spans *spans, uint64_t from_ns, uint64_t to_ns);
