// SPDX-License-Identifier: GPL-3.0-or-later
// Where the kernel writes memory to: swap, and the image of a hibernation.
#pragma once

#include "watch/storage/survey.h"

// Adds "swaps" (a list of {"name", "on"}) or "swaps_error", and "hibernation": "able" (false: the
// kernel can't), "on" (the device that it is told to resume from), or "error".
void memory_add(struct survey *survey, json_object *document);
