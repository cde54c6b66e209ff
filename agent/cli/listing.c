// SPDX-License-Identifier: GPL-3.0-or-later
// Entries, cell by cell.
#include "cli/listing.h"

#include "base/json.h"
#include "base/text.h"
#include "cli/field.h"
#include "report/csv.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>

// ---- Cells -------------------------------------------------------------------------------------

char *listing_text(const struct listing_column *column, json_object *entry)
{
    const char *text = json_get_text(entry, column->key);
    return text ? text_printable(text) : NULL;
}

char *listing_number(const struct listing_column *column, json_object *entry)
{
    uint64_t number = json_get_number(entry, column->key);
    return number > 0 ? text_format("%" PRIu64, number) : NULL;
}

char *listing_minute(const struct listing_column *column, json_object *entry)
{
    return field_minute(json_get_number(entry, column->key));
}

// ---- A table -----------------------------------------------------------------------------------

static struct table *new_table(const struct listing *listing)
{
    const char *headings[TABLE_COLUMNS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < listing->n; i++)
        if (listing->columns[i].label && n < ELEMENTS(headings))
            headings[n++] = _(listing->columns[i].label);
    return table_new_of(headings, n);
}

static void add_row(const struct listing *listing, json_object *entry, struct table *table)
{
    table_row(table);
    for (size_t i = 0; i < listing->n; i++) {
        const struct listing_column *column = &listing->columns[i];
        CLEANUP_FREE char *text = column->label ? column->describe(column, entry) : NULL;
        if (column->label)
            table_cell(table, text, column->color ? column->color(entry) : TABLE_PLAIN);
    }
}

static enum cli_exit print_table(const struct listing *listing, json_object *entries,
                                 const struct cli_options *options)
{
    size_t n = json_object_array_length(entries);
    if (n == 0) {
        puts(_(listing->nothing));
        return CLI_OK;
    }
    CLEANUP(table_free_p) struct table *table = new_table(listing);
    if (!table)
        return cli_read_failed(listing->command, -ENOMEM, "list");
    for (size_t i = 0; i < n; i++)
        add_row(listing, json_object_array_get_idx(entries, i), table);
    table_print(table, stdout, options->color, cli_terminal_width());
    return CLI_OK;
}

// ---- CSV ---------------------------------------------------------------------------------------

void listing_print_cell(const char *text, bool last)
{
    putchar('"');
    csv_write_guarded(stdout, text);
    fputs(last ? "\"" CSV_LINE_END : "\",", stdout);
}

static void print_csv(const struct listing *listing, json_object *entries)
{
    fputs(CSV_BYTE_ORDER_MARK, stdout);
    for (size_t i = 0; i < listing->n; i++)
        listing_print_cell(listing->columns[i].key, i + 1 == listing->n);
    for (size_t row = 0; row < json_object_array_length(entries); row++)
        for (size_t i = 0; i < listing->n; i++) {
            const struct listing_column *column = &listing->columns[i];
            CLEANUP_FREE char *text =
                column->describe(column, json_object_array_get_idx(entries, row));
            listing_print_cell(text, i + 1 == listing->n);
        }
}

// ---- Outside -----------------------------------------------------------------------------------

enum cli_exit listing_parse(const struct command *command, int argc, char *argv[], bool *ret_csv)
{
    static const struct option options[] = {{"csv", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option != 'c')
            return cli_bad_option(command, option, argv[optind - 1]);
        *ret_csv = true;
    }
    return optind + 1 < argc ? cli_usage(command, _("%s: unexpected"), argv[optind + 1]) : CLI_OK;
}

enum cli_exit listing_print(const struct listing *listing, json_object *entries, bool csv,
                            const struct cli_options *options)
{
    if (options->json)
        cli_print_json(entries);
    else if (csv)
        print_csv(listing, entries);
    else
        return print_table(listing, entries, options);
    return CLI_OK;
}
