// SPDX-License-Identifier: GPL-3.0-or-later
// Tables in a terminal: columns as wide as what stands in them (wide characters count two), colour
// where it helps.
#pragma once

#include "base/util.h"

#include <stdbool.h>
#include <stdio.h>

enum table_color {
    TABLE_PLAIN,
    TABLE_DIM,
    TABLE_GREEN,
    TABLE_YELLOW,
    TABLE_RED,
    TABLE_BOLD,
    TABLE_COLOR_MAX
};

// What switches a terminal to it; "" for TABLE_PLAIN.
const char *table_escape(enum table_color color);

#define TABLE_COLUMNS_MAX 16

struct table;
// Column headings, NULL at the end. NULL on lack of memory.
struct table *table_new(const char *first_heading, ...) __attribute__((sentinel));
// The same of a list.
struct table *table_new_of(const char *const headings[], size_t n);
void table_free(struct table *table);
DEFINE_CLEANUP(struct table, table_free)
// Starts a row, then one call a cell; text is copied; NULL prints as "–".
void table_row(struct table *table);
void table_cell(struct table *table, const char *text, enum table_color color);
// `width`: columns of the terminal, 0 for no limit: the last column is cut with "…".
void table_print(const struct table *table, FILE *file, bool color, unsigned width);

// Columns that a text takes in a terminal.
unsigned table_text_width(const char *text);
// Prints it, cut with "…" if it is wider than `width` (0: never cut).
void table_print_cut(const char *text, unsigned width, FILE *file);
