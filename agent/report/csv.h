// SPDX-License-Identifier: GPL-3.0-or-later
// Rows as CSV for spreadsheets: UTF-8 with a byte order mark, CRLF, every cell quoted (RFC 4180),
// and no cell that a spreadsheet would take for a formula. Columns are named as in ecs.h; times are
// local with their offset.
#pragma once

#include "ledger/query.h"

#include <stdio.h>

#define CSV_BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define CSV_LINE_END "\r\n"

// What stands between the quotes of a cell: quotes doubled.
void csv_write_quoted(FILE *file, const char *text);
// The same, with a leading = + - @, tab or return guarded by an apostrophe. NULL is empty.
void csv_write_guarded(FILE *file, const char *text);

// Byte order mark and headings.
void csv_write_head(FILE *file);
must_check int csv_write_row(FILE *file, const struct query_row *row, const char *host);
