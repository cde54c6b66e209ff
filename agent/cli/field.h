// SPDX-License-Identifier: GPL-3.0-or-later
// "Label      value" lines, for commands that show one thing rather than many.
#pragma once

#include "cli/table.h"

#include <stdint.h>

struct fields {
    unsigned width; // of the widest label, in columns
    bool color;
};

// `color` colours the value.
void field_print(const struct fields *fields, const char *label, enum table_color color,
                 const char *format, ...) printf_like(4, 5);
// The same without a label: a line that belongs to the one before.
void field_continue(const struct fields *fields, enum table_color color, const char *format, ...)
    printf_like(3, 4);

// "2026-11-23 20:15:04", local time; "–" for 0.
void field_time(uint64_t wall_ns, char ret[40]);
// "2026-11-23 20:15" and "2026-11-23", for the caller to free; NULL for 0 and on lack of memory.
char *field_minute(uint64_t wall_ns);
char *field_day(uint64_t wall_ns);
