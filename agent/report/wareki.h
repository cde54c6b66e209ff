// SPDX-License-Identifier: GPL-3.0-or-later
// Dates in the Japanese calendar, computed: no locale needs to be installed.
#pragma once

#include "base/moment.h"

#define WAREKI_SIZE 64

// "令和8年11月23日", local time zone. Reiwa and Heisei; before 1989 the western year.
void wareki_date(uint64_t wall_ns, char ret[WAREKI_SIZE]);
// "令和8年11月"; `begin_ns`: any instant of it.
void wareki_month(uint64_t begin_ns, char ret[WAREKI_SIZE]);
