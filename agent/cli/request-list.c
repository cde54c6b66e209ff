// SPDX-License-Identifier: GPL-3.0-or-later
// Requests as a table, as CSV and as JSON: who asked for what, what for, until when, and who
// decided.
#include "cli/request-list.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "cli/table.h"
#include "report/csv.h"

#include <getopt.h>
#include <inttypes.h>
#include <string.h>

enum column_kind {
    COLUMN_NUMBER,
    COLUMN_STATE,
    COLUMN_TEXT,
    COLUMN_TIME,
    COLUMN_FLAG,
};

// The key is the heading of CSV; without a label it stands there only.
static const struct {
    const char *key, *label;
    enum column_kind kind;
} columns[] = {
    {"number", N_("Number"), COLUMN_NUMBER},
    {"state", N_("State"), COLUMN_STATE},
    {"what", NULL, COLUMN_TEXT},
    {"subject", N_("What"), COLUMN_TEXT},
    {"contents", NULL, COLUMN_TEXT},
    {"destination", NULL, COLUMN_TEXT},
    {"purpose", N_("Purpose"), COLUMN_TEXT},
    {"until_ns", N_("Until"), COLUMN_TIME},
    {"asker", N_("Asked by"), COLUMN_TEXT},
    {"made_ns", N_("Asked"), COLUMN_TIME},
    {"expires_ns", NULL, COLUMN_TIME},
    {"decider", N_("Decided by"), COLUMN_TEXT},
    {"decided_ns", NULL, COLUMN_TIME},
    {"self_approval", NULL, COLUMN_FLAG},
    {"grant", NULL, COLUMN_NUMBER},
    {"reason", N_("Reason"), COLUMN_TEXT},
};

static const struct {
    const char *state, *label;
    enum table_color color;
} states[] = {
    {"open", N_("open"), TABLE_YELLOW},           {"approved", N_("approved"), TABLE_GREEN},
    {"refused", N_("refused"), TABLE_RED},        {"withdrawn", N_("withdrawn"), TABLE_DIM},
    {"expired", N_("nobody decided"), TABLE_DIM},
};

static size_t find_state(json_object *request)
{
    size_t i = 0;
    while (i + 1 < ELEMENTS(states) &&
           !text_equal(states[i].state, json_get_text(request, "state")))
        i++;
    return i;
}

static char *describe_state(json_object *request)
{
    const char *label = _(states[find_state(request)].label);
    return json_get_bool(request, "self_approval") ? text_format(_("%s, by the same person"), label)
                                                   : text_dup(label);
}

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

// The caller frees it; NULL: nothing is said.
static char *describe(size_t column, json_object *request)
{
    const char *key = columns[column].key, *text = json_get_text(request, key);
    uint64_t number = json_get_number(request, key);
    switch (columns[column].kind) {
    case COLUMN_NUMBER:
        return number > 0 ? text_format("%" PRIu64, number) : NULL;
    case COLUMN_STATE:
        return describe_state(request);
    case COLUMN_TEXT:
        return text ? text_printable(text) : NULL;
    case COLUMN_TIME:
        return describe_time(number);
    case COLUMN_FLAG:
        return json_get_bool(request, key) ? text_dup(_("yes")) : NULL;
    }
    return NULL;
}

static void add_row(struct table *table, json_object *request)
{
    table_row(table);
    for (size_t i = 0; i < ELEMENTS(columns); i++) {
        CLEANUP_FREE char *text = columns[i].label ? describe(i, request) : NULL;
        if (columns[i].label)
            table_cell(table, text,
                       columns[i].kind == COLUMN_STATE ? states[find_state(request)].color
                                                       : TABLE_PLAIN);
    }
}

static enum cli_exit print_table(json_object *requests, const struct cli_options *options)
{
    size_t n = json_object_array_length(requests);
    if (n == 0) {
        puts(_("Nobody has asked for anything."));
        return CLI_OK;
    }
    CLEANUP(table_free_p)
    struct table *table = table_new(_("Number"), _("State"), _("What"), _("Purpose"), _("Until"),
                                    _("Asked by"), _("Asked"), _("Decided by"), _("Reason"), NULL);
    for (size_t i = 0; table && i < n; i++)
        add_row(table, json_object_array_get_idx(requests, i));
    if (!table)
        return CLI_FAILED;
    table_print(table, stdout, options->color, cli_terminal_width());
    return CLI_OK;
}

static void print_cell(const char *text, size_t column)
{
    putchar('"');
    csv_write_guarded(stdout, text);
    fputs(column + 1 == ELEMENTS(columns) ? "\"" CSV_LINE_END : "\",", stdout);
}

static void print_csv(json_object *requests)
{
    fputs(CSV_BYTE_ORDER_MARK, stdout);
    for (size_t i = 0; i < ELEMENTS(columns); i++)
        print_cell(columns[i].key, i);
    for (size_t row = 0; row < json_object_array_length(requests); row++)
        for (size_t i = 0; i < ELEMENTS(columns); i++) {
            CLEANUP_FREE char *text = describe(i, json_object_array_get_idx(requests, row));
            print_cell(text, i);
        }
}

static enum cli_exit parse(int argc, char *argv[], bool *ret_csv)
{
    static const struct option options[] = {{"csv", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option != 'c')
            return cli_bad_option(&cmd_request, option, argv[optind - 1]);
        *ret_csv = true;
    }
    return optind + 1 < argc ? cli_usage(&cmd_request, _("%s: unexpected"), argv[optind + 1])
                             : CLI_OK;
}

enum cli_exit request_list(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *requests = NULL;
    CLEANUP_FREE char *why = NULL;
    bool csv = false;
    enum cli_exit status = parse(argc, argv, &csv);
    if (status != CLI_OK)
        return status;
    int r = bus_call_list_requests(0, &requests, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_request, r, why);
    if (options->json)
        cli_print_json(requests);
    else if (csv)
        print_csv(requests);
    else
        return print_table(requests, options);
    return CLI_OK;
}
