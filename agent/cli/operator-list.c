// SPDX-License-Identifier: GPL-3.0-or-later
// The register of operators as a table, as CSV and as JSON.
#include "cli/operator-parts.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "cli/table.h"
#include "report/csv.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

// ---- Cells -------------------------------------------------------------------------------------
// The caller frees each; NULL: nothing is said.

static char *describe_number(json_object *entry)
{
    return text_format("%" PRIu64, json_get_number(entry, "number"));
}

static char *describe_text(json_object *entry, const char *key)
{
    const char *text = json_get_text(entry, key);
    return text ? text_printable(text) : NULL;
}

static char *describe_login(json_object *entry)
{
    return describe_text(entry, "login");
}

static char *describe_person(json_object *entry)
{
    return describe_text(entry, "person");
}

static char *describe_by(json_object *entry)
{
    return describe_text(entry, "by");
}

static const struct {
    const char *state, *words;
    enum table_color color;
} states[] = {
    {"allowed", N_("may work"), TABLE_GREEN},    {"overdue", N_("training overdue"), TABLE_YELLOW},
    {"not-yet", N_("not yet"), TABLE_YELLOW},    {"ended", N_("ended"), TABLE_DIM},
    {"untrained", N_("not trained"), TABLE_RED},
};

static char *describe_state(json_object *entry)
{
    const char *state = json_get_text(entry, "state");
    for (size_t i = 0; i < ELEMENTS(states); i++)
        if (text_equal(states[i].state, state))
            return text_dup(_(states[i].words));
    return text_dup("?");
}

static enum table_color color_of_state(json_object *entry)
{
    const char *state = json_get_text(entry, "state");
    for (size_t i = 0; i < ELEMENTS(states); i++)
        if (text_equal(states[i].state, state))
            return states[i].color;
    return TABLE_PLAIN;
}

// The account as it is now, where that is not as registered.
static char *describe_account(json_object *entry)
{
    const char *account = json_get_text(entry, "account");
    if (text_equal(account, "missing"))
        return text_dup(_("deleted"));
    return text_equal(account, "changed") ? text_dup(_("another number")) : NULL;
}

// A term's last day is the one before the moment at which it is over.
static char *describe_day(uint64_t wall_ns)
{
    char text[40];
    if (wall_ns == 0)
        return NULL;
    moment_to_iso(wall_ns, text);
    text[strlen("YYYY-MM-DD")] = '\0';
    return text_dup(text);
}

static char *describe_from(json_object *entry)
{
    return describe_day(json_get_number(entry, "from_ns"));
}

static char *describe_until(json_object *entry)
{
    uint64_t until_ns = json_get_number(entry, "until_ns");
    uint64_t ended_ns = json_get_number(entry, "ended_ns");
    return describe_day(ended_ns ? ended_ns : until_ns > 0 ? until_ns - 1 : 0);
}

static char *describe_training(json_object *entry)
{
    json_object *list = json_get(entry, "trainings");
    size_t n = list ? json_object_array_length(list) : 0;
    return n == 0 ? NULL : describe_text(json_object_array_get_idx(list, n - 1), "date");
}

static char *describe_due(json_object *entry)
{
    return describe_day(json_get_number(entry, "overdue_ns"));
}

static char *describe_folders(json_object *entry)
{
    json_object *list = json_get(entry, "folders");
    char *text = NULL;
    size_t length = 0, n = list ? json_object_array_length(list) : 0;
    FILE *file = n > 0 ? open_memstream(&text, &length) : NULL;
    if (!file)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        CLEANUP_FREE char *folder =
            text_printable(json_object_get_string(json_object_array_get_idx(list, i)));
        fprintf(file, "%s%s", i > 0 ? ", " : "", folder ? folder : "?");
    }
    if (fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}

static const struct column {
    const char *key;   // heading of CSV
    const char *label; // for people; NULL: only in CSV
    char *(*describe)(json_object *entry);
} columns[] = {
    {"number", N_("Number"), describe_number},
    {"login", N_("Login"), describe_login},
    {"person", N_("Person"), describe_person},
    {"state", N_("State"), describe_state},
    {"account", N_("Account"), describe_account},
    {"from", N_("From"), describe_from},
    {"until", N_("Until"), describe_until},
    {"trained", N_("Trained"), describe_training},
    {"due", N_("Due"), describe_due},
    {"by", NULL, describe_by},
    {"folders", N_("Folders"), describe_folders},
};

// ---- Table and CSV -----------------------------------------------------------------------------

static void add_row(struct table *table, json_object *entry)
{
    table_row(table);
    for (size_t i = 0; i < ELEMENTS(columns); i++) {
        CLEANUP_FREE char *text = columns[i].label ? columns[i].describe(entry) : NULL;
        if (columns[i].label)
            table_cell(table, text,
                       columns[i].describe == describe_state ? color_of_state(entry) : TABLE_PLAIN);
    }
}

static enum cli_exit print_table(json_object *operators, const struct cli_options *options)
{
    size_t n = json_object_array_length(operators);
    if (n == 0) {
        puts(_("Nobody is registered."));
        return CLI_OK;
    }
    CLEANUP(table_free_p)
    struct table *table =
        table_new(_("Number"), _("Login"), _("Person"), _("State"), _("Account"), _("From"),
                  _("Until"), _("Trained"), _("Due"), _("Folders"), NULL);
    if (!table)
        return cli_read_failed(&cmd_operator, -ENOMEM, "list");
    for (size_t i = 0; i < n; i++)
        add_row(table, json_object_array_get_idx(operators, i));
    table_print(table, stdout, options->color, cli_terminal_width());
    return CLI_OK;
}

static void print_cell(const char *text, bool last)
{
    putchar('"');
    csv_write_guarded(stdout, text);
    fputs(last ? "\"" CSV_LINE_END : "\",", stdout);
}

static void print_csv(json_object *operators)
{
    fputs(CSV_BYTE_ORDER_MARK, stdout);
    for (size_t i = 0; i < ELEMENTS(columns); i++)
        print_cell(columns[i].key, i + 1 == ELEMENTS(columns));
    for (size_t row = 0; row < json_object_array_length(operators); row++)
        for (size_t i = 0; i < ELEMENTS(columns); i++) {
            CLEANUP_FREE char *text =
                columns[i].describe(json_object_array_get_idx(operators, row));
            print_cell(text, i + 1 == ELEMENTS(columns));
        }
}

// ---- list --------------------------------------------------------------------------------------

static enum cli_exit parse(int argc, char *argv[], bool *ret_csv)
{
    static const struct option options[] = {{"csv", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option != 'c')
            return cli_bad_option(&cmd_operator, option, argv[optind - 1]);
        *ret_csv = true;
    }
    return optind + 1 < argc ? cli_usage(&cmd_operator, _("%s: unexpected"), argv[optind + 1])
                             : CLI_OK;
}

enum cli_exit operator_list(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *operators = NULL;
    CLEANUP_FREE char *why = NULL;
    bool csv = false;
    enum cli_exit status = parse(argc, argv, &csv);
    if (status != CLI_OK)
        return status;
    int r = bus_call_list_operators(&operators, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_operator, r, why);
    if (options->json)
        cli_print_json(operators);
    else if (csv)
        print_csv(operators);
    else
        return print_table(operators, options);
    return CLI_OK;
}
