// SPDX-License-Identifier: GPL-3.0-or-later
// Links of hardware that somebody has moved into another network namespace, where no rule of ours
// holds.
#pragma once

#include "base/util.h"

#include <stdbool.h>

// Each is set down and brought back, or only found (`touch` false). A line on standard output for
// each: "found NAME", "home NAME", "down NAME" (set down, but it can't be moved), "failed NAME".
// 1: there was one; 0: none; −errno: not every namespace could be looked at.
must_check int recall_links(int root, bool touch);
