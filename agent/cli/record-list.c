// SPDX-License-Identifier: GPL-3.0-or-later
// A register as a table, as CSV and as JSON; and the clauses that are attested.
#include "cli/record-parts.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "cli/field.h"
#include "cli/table.h"
#include "policy/clause.h"
#include "report/csv.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#define COLUMNS_MAX (RECORD_FIELDS_MAX + 16)

enum column_kind {
    COLUMN_NUMBER,
    COLUMN_STATE,
    COLUMN_TEXT,
    COLUMN_TIME,
    COLUMN_FIELD,
    COLUMN_DOCUMENT,
};

struct column {
    const char *key;   // in the document, and the heading of CSV
    const char *label; // for people; NULL: only in CSV
    enum column_kind kind;
    enum record_type type; // of a field
};

struct columns {
    struct column items[COLUMNS_MAX];
    size_t n;
};

static void add_column(struct columns *columns, struct column column)
{
    assert(columns->n < COLUMNS_MAX);
    columns->items[columns->n++] = column;
}

static void add_fields(const struct record_form *form, struct columns *columns)
{
    for (size_t i = 0; i < form->n_fields; i++)
        add_column(columns, (struct column){form->fields[i].name, _(form->fields[i].label),
                                            COLUMN_FIELD, form->fields[i].type});
}

static void choose_columns(const struct record_form *form, struct columns *ret)
{
    bool says = form->takes & RECORD_STATEMENT;
    add_column(ret, (struct column){"number", _("Number"), COLUMN_NUMBER, 0});
    add_column(ret, (struct column){"state", _("State"), COLUMN_STATE, 0});
    add_column(ret, (struct column){"clause", form->clause ? NULL : _("Clause"), COLUMN_TEXT, 0});
    if (says)
        add_column(ret, (struct column){"statement", _("Statement"), COLUMN_TEXT, 0});
    add_fields(form, ret);
    if (form->takes & RECORD_DOCUMENT) {
        add_column(ret, (struct column){"name", _("Document"), COLUMN_DOCUMENT, 0});
        add_column(ret, (struct column){"sha256", NULL, COLUMN_DOCUMENT, 0});
    }
    if (form->takes & RECORD_UNTIL) {
        add_column(ret, (struct column){"from_ns", NULL, COLUMN_TIME, 0});
        add_column(ret, (struct column){"until_ns", _("Until"), COLUMN_TIME, 0});
    }
    add_column(ret, (struct column){"made_ns", says ? _("Said") : NULL, COLUMN_TIME, 0});
    add_column(ret, (struct column){"by", _("Entered by"), COLUMN_TEXT, 0});
    add_column(ret, (struct column){"ended_ns", NULL, COLUMN_TIME, 0});
    add_column(ret, (struct column){"ended_by", NULL, COLUMN_TEXT, 0});
}

// ---- Cells -------------------------------------------------------------------------------------

// Times stand in the register in UTC, and are told in the session's zone.
static char *describe_time(uint64_t wall_ns)
{
    char text[40];
    if (wall_ns == 0)
        return NULL;
    moment_to_iso(wall_ns, text);
    text[strlen("YYYY-MM-DD")] = ' ';
    text[strlen("YYYY-MM-DD HH:MM")] = '\0';
    return text_dup(text);
}

static char *describe_field(const struct column *column, const char *text)
{
    uint64_t wall_ns;
    if (text && column->type == RECORD_TIME && moment_parse(text, &wall_ns) == 0)
        return describe_time(wall_ns);
    return text ? text_printable(text) : NULL;
}

static const char *name_state(const struct record_face *face, const char *state)
{
    for (unsigned i = 0; i < RECORD_STATE_MAX; i++)
        if (text_equal(record_state_to_str((enum record_state)i), state))
            return _(face->states[i]);
    return "?";
}

// The caller frees it; NULL: nothing is said.
static char *describe(const struct record_face *face, const struct column *column,
                      json_object *record)
{
    const char *text = json_get_text(record, column->key);
    switch (column->kind) {
    case COLUMN_NUMBER:
        return text_format("%" PRIu64, json_get_number(record, column->key));
    case COLUMN_STATE:
        return text_dup(name_state(face, text));
    case COLUMN_TEXT:
        return text ? text_printable(text) : NULL;
    case COLUMN_TIME:
        return describe_time(json_get_number(record, column->key));
    case COLUMN_FIELD:
        return describe_field(column, json_get_text(json_get(record, "fields"), column->key));
    case COLUMN_DOCUMENT:
        text = json_get_text(json_get(record, "document"), column->key);
        return text ? text_printable(text) : NULL;
    }
    return NULL;
}

// ---- As a table --------------------------------------------------------------------------------

static enum table_color color_of(const struct column *column, json_object *record)
{
    const char *state = json_get_text(record, "state");
    if (column->kind != COLUMN_STATE)
        return TABLE_PLAIN;
    if (text_equal(state, "open"))
        return TABLE_GREEN;
    return text_equal(state, "ended") ? TABLE_DIM : TABLE_YELLOW;
}

static void add_row(const struct record_face *face, const struct columns *columns,
                    json_object *record, struct table *table)
{
    table_row(table);
    for (size_t i = 0; i < columns->n; i++) {
        const struct column *column = &columns->items[i];
        CLEANUP_FREE char *text = column->label ? describe(face, column, record) : NULL;
        if (column->label)
            table_cell(table, text, color_of(column, record));
    }
}

static struct table *new_table(const struct columns *columns)
{
    const char *h[16] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < columns->n; i++)
        if (columns->items[i].label) {
            assert(n < ELEMENTS(h));
            h[n++] = columns->items[i].label;
        }
    return table_new(h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9], h[10], h[11],
                     h[12], h[13], h[14], h[15], NULL);
}

static enum cli_exit print_table(const struct record_face *face, const struct columns *columns,
                                 json_object *records, const struct cli_options *options)
{
    size_t n = json_object_array_length(records);
    if (n == 0) {
        puts(_("Nothing stands in this register."));
        return CLI_OK;
    }
    CLEANUP(table_free_p) struct table *table = new_table(columns);
    if (!table)
        return cli_read_failed(face->command, -ENOMEM, "list");
    for (size_t i = 0; i < n; i++)
        add_row(face, columns, json_object_array_get_idx(records, i), table);
    table_print(table, stdout, options->color, cli_terminal_width());
    return CLI_OK;
}

// ---- As CSV ------------------------------------------------------------------------------------

static void print_cell(const char *text, bool last)
{
    putchar('"');
    csv_write_guarded(stdout, text);
    fputs(last ? "\"" CSV_LINE_END : "\",", stdout);
}

static void print_csv(const struct record_face *face, const struct columns *columns,
                      json_object *records)
{
    fputs(CSV_BYTE_ORDER_MARK, stdout);
    for (size_t i = 0; i < columns->n; i++) {
        const struct column *column = &columns->items[i];
        bool is_document = column->kind == COLUMN_DOCUMENT && text_equal(column->key, "name");
        print_cell(is_document ? "document" : column->key, i + 1 == columns->n);
    }
    for (size_t row = 0; row < json_object_array_length(records); row++)
        for (size_t i = 0; i < columns->n; i++) {
            json_object *record = json_object_array_get_idx(records, row);
            CLEANUP_FREE char *text = describe(face, &columns->items[i], record);
            print_cell(text, i + 1 == columns->n);
        }
}

// ---- list --------------------------------------------------------------------------------------

static enum cli_exit parse(const struct record_face *face, int argc, char *argv[], bool *ret_csv)
{
    static const struct option options[] = {{"csv", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option != 'c')
            return cli_bad_option(face->command, option, argv[optind - 1]);
        *ret_csv = true;
    }
    return optind + 1 < argc ? cli_usage(face->command, _("%s: unexpected"), argv[optind + 1])
                             : CLI_OK;
}

enum cli_exit record_list(const struct record_face *face, int argc, char *argv[],
                          const struct cli_options *options)
{
    CLEANUP_JSON json_object *records = NULL;
    CLEANUP_FREE char *why = NULL;
    struct columns columns = {.n = 0};
    bool csv = false;
    enum cli_exit status = parse(face, argc, argv, &csv);
    if (status != CLI_OK)
        return status;
    int r = bus_call_list_records(record_face_form(face)->name, &records, &why);
    if (r < 0)
        return cli_bus_failed(face->command, r, why);
    if (options->json) {
        cli_print_json(records);
        return CLI_OK;
    }
    choose_columns(record_face_form(face), &columns);
    if (!csv)
        return print_table(face, &columns, records, options);
    print_csv(face, &columns, records);
    return CLI_OK;
}

// ---- clauses -----------------------------------------------------------------------------------

enum cli_exit record_list_clauses(const struct cli_options *options)
{
    CLEANUP_JSON json_object *list = json_object_new_array();
    CLEANUP(table_free_p) struct table *table = table_new(_("Clause"), _("What it asks for"), NULL);
    for (size_t i = 0; table && i < clauses_n; i++) {
        if (!(clauses[i].ways & CLAUSE_ATTESTED))
            continue;
        json_object *clause = json_object_new_object();
        json_add_text(clause, "clause", clauses[i].name);
        json_add_text(clause, "title", _(clauses[i].title));
        json_object_array_add(list, clause);
        table_row(table);
        table_cell(table, clauses[i].name, TABLE_PLAIN);
        table_cell(table, _(clauses[i].title), TABLE_PLAIN);
    }
    if (options->json)
        cli_print_json(list);
    else if (table)
        table_print(table, stdout, options->color, cli_terminal_width());
    return table ? CLI_OK : CLI_FAILED;
}
