// SPDX-License-Identifier: GPL-3.0-or-later
// The month day by day, with the coordinates of two bar charts, so that a template only draws.
#pragma once

#include "base/json.h"
#include "report/month.h"

// Units of both charts: a day is this wide, an hour this high.
#define CHART_LABELS_WIDTH 36 // left of the first day
#define CHART_DAY_WIDTH 20
#define CHART_HOUR_HEIGHT 2
#define CHART_BLOCKED_HEIGHT 26

// Adds "days": for each day its number, its weekday (0 Sunday), seconds on, seen and unseen,
// blocked plugs, and of each bar x, y and height; in "network" the same of the air gap; and
// "chart": width (of the days), whole_width (with the labels), heights and the scale.
void chart_add(json_object *document, const struct month *month);
