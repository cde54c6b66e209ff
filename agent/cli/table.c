// SPDX-License-Identifier: GPL-3.0-or-later
// Columns, widths and colours of a table in a terminal.
#include "cli/table.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#define GAP 2

static const char *const escapes[] = {
    [TABLE_PLAIN] = "",          [TABLE_DIM] = "\x1b[2m",  [TABLE_GREEN] = "\x1b[32m",
    [TABLE_YELLOW] = "\x1b[33m", [TABLE_RED] = "\x1b[31m", [TABLE_BOLD] = "\x1b[1m",
};
static_assert(ELEMENTS(escapes) == TABLE_COLOR_MAX, "an escape for each colour");

const char *table_escape(enum table_color color)
{
    assert(color < TABLE_COLOR_MAX);
    return escapes[color];
}

struct cell {
    char *text;
    enum table_color color;
};

struct table {
    size_t n_columns;
    char *headings[TABLE_COLUMNS_MAX];
    struct cell *cells; // row after row, n_columns each
    size_t n_rows, n_filled;
    bool broken; // memory ran out: rows are missing
};

struct table *table_new_of(const char *const headings[], size_t n)
{
    CLEANUP(table_free_p) struct table *table = calloc(1, sizeof *table);
    assert(n <= TABLE_COLUMNS_MAX);
    if (!table)
        return NULL;
    for (; table->n_columns < n; table->n_columns++) {
        char *copy = strdup(headings[table->n_columns]);
        if (!copy)
            return NULL;
        table->headings[table->n_columns] = copy;
    }
    return TAKE_PTR(table);
}

struct table *table_new(const char *first_heading, ...)
{
    const char *headings[TABLE_COLUMNS_MAX];
    size_t n = 0;
    va_list arguments;
    va_start(arguments, first_heading);
    for (const char *h = first_heading; h; h = va_arg(arguments, const char *)) {
        assert(n < TABLE_COLUMNS_MAX);
        headings[n++] = h;
    }
    va_end(arguments);
    return table_new_of(headings, n);
}

void table_free(struct table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->n_columns; i++)
        free(table->headings[i]);
    for (size_t i = 0; i < table->n_rows * table->n_columns; i++)
        free(table->cells[i].text);
    free(table->cells);
    free(table);
}

void table_row(struct table *table)
{
    struct cell *more =
        reallocarray(table->cells, (table->n_rows + 1) * table->n_columns, sizeof *more);
    if (!more) {
        table->broken = true;
        return;
    }
    memset(more + table->n_rows * table->n_columns, 0, table->n_columns * sizeof *more);
    table->cells = more;
    table->n_rows++;
    table->n_filled = 0;
}

void table_cell(struct table *table, const char *text, enum table_color color)
{
    if (table->broken)
        return;
    assert(table->n_rows > 0 && table->n_filled < table->n_columns);
    char *copy = strdup(text ? text : "–");
    if (!copy) {
        table->broken = true;
        return;
    }
    table->cells[(table->n_rows - 1) * table->n_columns + table->n_filled++] =
        (struct cell){copy, color};
}

// Reads one character; answers its bytes (0 at the end) and its columns. A byte that the locale
// does not know counts as one column.
static size_t next_character(const char *text, unsigned *ret_columns)
{
    wchar_t c;
    mbstate_t state = {0};
    if (*text >= ' ' && *text <= '~') { // most are ASCII, in every locale
        *ret_columns = 1;
        return 1;
    }
    size_t n = mbrtowc(&c, text, MB_CUR_MAX, &state);
    if (n == 0)
        return 0;
    if (n == (size_t)-1 || n == (size_t)-2) {
        *ret_columns = 1;
        return 1;
    }
    int columns = wcwidth(c);
    *ret_columns = columns > 0 ? (unsigned)columns : 0;
    return n;
}

unsigned table_text_width(const char *text)
{
    unsigned width = 0, columns = 0;
    for (size_t n; (n = next_character(text, &columns)) > 0; text += n)
        width += columns;
    return width;
}

// How many bytes of `text` fit into `width` columns.
static size_t fitting_bytes(const char *text, unsigned width)
{
    size_t bytes = 0;
    unsigned columns = 0;
    for (size_t n; (n = next_character(text + bytes, &columns)) > 0 && columns <= width; bytes += n)
        width -= columns;
    return bytes;
}

void table_print_cut(const char *text, unsigned width, FILE *file)
{
    if (width == 0 || table_text_width(text) <= width)
        fputs(text, file);
    else
        fprintf(file, "%.*s…", (int)fitting_bytes(text, width - 1), text);
}

static void measure(const struct table *table, unsigned ret_widths[TABLE_COLUMNS_MAX])
{
    for (size_t c = 0; c < table->n_columns; c++)
        ret_widths[c] = table_text_width(table->headings[c]);
    for (size_t i = 0; i < table->n_rows * table->n_columns; i++) {
        const char *text = table->cells[i].text;
        unsigned width = text ? table_text_width(text) : 0;
        if (width > ret_widths[i % table->n_columns])
            ret_widths[i % table->n_columns] = width;
    }
}

// What the last column may use of the terminal's `width`; 0: as much as it wants.
static unsigned last_column_width(const struct table *table, const unsigned *widths, unsigned width)
{
    unsigned used = 0;
    for (size_t c = 0; c + 1 < table->n_columns; c++)
        used += widths[c] + GAP;
    const unsigned least = 20; // narrower than that, cutting would hide more than it helps
    return width == 0 ? 0 : width > used + least ? width - used : least;
}

static void print_cell(const char *text, const char *escape, unsigned width, FILE *file)
{
    fputs(escape, file);
    fputs(text, file);
    if (escape[0])
        fputs("\x1b[0m", file);
    for (unsigned w = table_text_width(text); w < width + GAP; w++)
        fputc(' ', file);
}

static void print_last(const char *text, const char *escape, unsigned width, FILE *file)
{
    fputs(escape, file);
    table_print_cut(text, width, file);
    fputs(escape[0] ? "\x1b[0m\n" : "\n", file);
}

void table_print(const struct table *table, FILE *file, bool color, unsigned width)
{
    unsigned widths[TABLE_COLUMNS_MAX];
    measure(table, widths);
    size_t last = table->n_columns - 1;
    unsigned last_width = last_column_width(table, widths, width);

    for (size_t c = 0; c < last; c++)
        print_cell(table->headings[c], color ? escapes[TABLE_BOLD] : "", widths[c], file);
    print_last(table->headings[last], color ? escapes[TABLE_BOLD] : "", last_width, file);

    for (size_t i = 0; i < table->n_rows * table->n_columns; i++) {
        size_t c = i % table->n_columns;
        const char *text = table->cells[i].text ? table->cells[i].text : "";
        const char *escape = color ? escapes[table->cells[i].color] : "";
        if (c == last)
            print_last(text, escape, last_width, file);
        else
            print_cell(text, escape, widths[c], file);
    }
}
