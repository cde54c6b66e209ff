// SPDX-License-Identifier: GPL-3.0-or-later
// A register as a table, as CSV and as JSON; and the clauses that are attested.
#include "cli/record-parts.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "cli/field.h"
#include "cli/listing.h"
#include "policy/clause.h"

#include <assert.h>

#define COLUMNS_MAX (RECORD_FIELDS_MAX + 16)

// ---- Cells -------------------------------------------------------------------------------------

// Times stand in the register in UTC, and are told in the session's zone. `about`: the form's
// field.
static char *describe_field(const struct listing_column *column, json_object *record)
{
    const struct record_field *field = column->about;
    const char *text = json_get_text(json_get(record, "fields"), field->name);
    uint64_t wall_ns;
    if (text && field->type == RECORD_TIME && moment_parse(text, &wall_ns) == 0)
        return field_minute(wall_ns);
    return text ? text_printable(text) : NULL;
}

// `about`: the command's face.
static char *describe_state(const struct listing_column *column, json_object *record)
{
    const struct record_face *face = column->about;
    const char *state = json_get_text(record, "state");
    for (unsigned i = 0; i < RECORD_STATE_MAX; i++)
        if (text_equal(record_state_to_str((enum record_state)i), state))
            return text_dup(_(face->states[i]));
    return text_dup("?");
}

static enum table_color color_of_state(json_object *record)
{
    const char *state = json_get_text(record, "state");
    if (text_equal(state, "open"))
        return TABLE_GREEN;
    return text_equal(state, "ended") ? TABLE_DIM : TABLE_YELLOW;
}

// `about`: the key in the document.
static char *describe_document(const struct listing_column *column, json_object *record)
{
    const char *text = json_get_text(json_get(record, "document"), column->about);
    return text ? text_printable(text) : NULL;
}

// ---- Columns -----------------------------------------------------------------------------------

struct columns {
    struct listing_column items[COLUMNS_MAX];
    size_t n;
};

static void add_column(struct columns *columns, struct listing_column column)
{
    assert(columns->n < COLUMNS_MAX);
    columns->items[columns->n++] = column;
}

static void add(struct columns *columns, const char *key, const char *label,
                char *(*describe)(const struct listing_column *, json_object *))
{
    add_column(columns, (struct listing_column){key, label, describe, NULL, NULL});
}

static void add_fields(const struct record_form *form, struct columns *columns)
{
    for (size_t i = 0; i < form->n_fields; i++)
        add_column(columns, (struct listing_column){form->fields[i].name, form->fields[i].label,
                                                    describe_field, NULL, &form->fields[i]});
}

static void add_document(struct columns *columns)
{
    add_column(columns, (struct listing_column){"document", N_("Document"), describe_document, NULL,
                                                "name"});
    add_column(columns, (struct listing_column){"sha256", NULL, describe_document, NULL, "sha256"});
}

static void choose_columns(const struct record_face *face, struct columns *ret)
{
    const struct record_form *form = record_face_form(face);
    bool says = form->takes & RECORD_STATEMENT;
    add(ret, "number", N_("Number"), listing_number);
    add_column(ret,
               (struct listing_column){"state", N_("State"), describe_state, color_of_state, face});
    add(ret, "clause", form->clause ? NULL : N_("Clause"), listing_text);
    if (says)
        add(ret, "statement", N_("Statement"), listing_text);
    add_fields(form, ret);
    if (form->takes & RECORD_DOCUMENT)
        add_document(ret);
    if (form->takes & RECORD_UNTIL) {
        add(ret, "from_ns", NULL, listing_minute);
        add(ret, "until_ns", N_("Until"), listing_minute);
    }
    add(ret, "made_ns", says ? N_("Said") : NULL, listing_minute);
    add(ret, "by", N_("Entered by"), listing_text);
    add(ret, "ended_ns", NULL, listing_minute);
    add(ret, "ended_by", NULL, listing_text);
}

// ---- list --------------------------------------------------------------------------------------

enum cli_exit record_list(const struct record_face *face, int argc, char *argv[],
                          const struct cli_options *options)
{
    CLEANUP_JSON json_object *records = NULL;
    CLEANUP_FREE char *why = NULL;
    struct columns columns = {.n = 0};
    bool csv = false;
    enum cli_exit status = listing_parse(face->command, argc, argv, &csv);
    if (status != CLI_OK)
        return status;
    int r = bus_call_list_records(record_face_form(face)->name, &records, &why);
    if (r < 0)
        return cli_bus_failed(face->command, r, why);
    choose_columns(face, &columns);
    const struct listing listing = {face->command, N_("Nothing stands in this register."),
                                    columns.items, columns.n};
    return listing_print(&listing, records, csv, options);
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
