// SPDX-License-Identifier: GPL-3.0-or-later
// Incidents as a table, as CSV, and one by itself with its rows.
#include "cli/incident-parts.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "cli/field.h"
#include "cli/listing.h"
#include "policy/incident.h"
#include "report/csv.h"

#include <getopt.h>
#include <inttypes.h>
#include <string.h>

const char *incident_breach_word(const char *breach)
{
    static const char *const words[] = {
        [INCIDENT_VIOLATION] = N_("violation of rules"),
        [INCIDENT_LEAK] = N_("leak"),
        [INCIDENT_LOSS] = N_("loss"),
        [INCIDENT_DAMAGE] = N_("damage"),
        [INCIDENT_SIGN] = N_("signs of one"),
    };
    enum incident_breach which;
    return incident_breach_from_str(breach ? breach : "", &which) == 0 ? _(words[which]) : "?";
}

const char *incident_state_word(const char *state)
{
    static const char *const words[] = {[INCIDENT_OPEN] = N_("unanswered"),
                                        [INCIDENT_ACKNOWLEDGED] = N_("acknowledged"),
                                        [INCIDENT_CLOSED] = N_("closed")};
    for (unsigned i = 0; i < INCIDENT_STATE_MAX; i++)
        if (text_equal(incident_state_to_str(i), state))
            return _(words[i]);
    return "?";
}

// ---- Deadlines ---------------------------------------------------------------------------------

struct deadline {
    enum incident_stage stage;
    int days; // left; negative: over
    bool runs;
};

// The one that is to be kept next.
static struct deadline next_deadline(json_object *incident, uint64_t now_ns)
{
    struct deadline next = {.runs = false};
    for (unsigned stage = 0; stage < INCIDENT_STAGE_MAX && !next.runs; stage++) {
        json_object *report = json_get(json_get(incident, "reports"), incident_stage_to_str(stage));
        uint64_t due_ns = json_get_number(report, "due_ns");
        if (due_ns != 0 && !json_get(report, "at_ns") && !json_get(incident, "closed"))
            next = (struct deadline){stage, incident_days_left(due_ns, now_ns), true};
    }
    return next;
}

static char *describe_deadline(const struct deadline *deadline)
{
    bool first = deadline->stage == INCIDENT_FIRST;
    if (!deadline->runs)
        return NULL;
    if (deadline->days < 0)
        return text_format(
            first ? ngettext("first report %d day overdue", "first report %d days overdue",
                             (unsigned long)-deadline->days)
                  : ngettext("final report %d day overdue", "final report %d days overdue",
                             (unsigned long)-deadline->days),
            -deadline->days);
    return text_format(first ? ngettext("first report in %d day", "first report in %d days",
                                        (unsigned long)deadline->days)
                             : ngettext("final report in %d day", "final report in %d days",
                                        (unsigned long)deadline->days),
                       deadline->days);
}

static enum table_color color_of(const struct deadline *deadline)
{
    if (!deadline->runs)
        return TABLE_PLAIN;
    return deadline->days < 0 ? TABLE_RED : deadline->days <= 1 ? TABLE_YELLOW : TABLE_PLAIN;
}

// ---- list --------------------------------------------------------------------------------------

static enum table_color color_of_state(const char *state)
{
    if (text_equal(state, "open"))
        return TABLE_RED;
    return text_equal(state, "closed") ? TABLE_DIM : TABLE_YELLOW;
}

static void add_incident(struct table *table, json_object *incident, uint64_t now_ns)
{
    const struct deadline deadline = next_deadline(incident, now_ns);
    const char *state = json_get_text(incident, "state");
    CLEANUP_FREE char *number = text_format("%" PRIu64, json_get_number(incident, "number")),
                      *count = text_format("%" PRIu64, json_get_number(incident, "count")),
                      *due = describe_deadline(&deadline),
                      *known = field_minute(json_get_number(incident, "known_ns")),
                      *name = text_printable(
                          json_get_text(incident, "name") ? json_get_text(incident, "name") : "");
    table_row(table);
    table_cell(table, number, TABLE_PLAIN);
    table_cell(table, incident_state_word(state), color_of_state(state));
    table_cell(table, known, TABLE_PLAIN);
    table_cell(table, incident_breach_word(json_get_text(incident, "breach")), TABLE_PLAIN);
    table_cell(table, due, color_of(&deadline));
    table_cell(table, json_get_text(json_get(incident, "cause"), "kind"), TABLE_PLAIN);
    table_cell(table, count, TABLE_PLAIN);
    table_cell(table, json_get_text(incident, "user"), TABLE_PLAIN);
    table_cell(table, name, TABLE_PLAIN);
}

static enum cli_exit print_table(json_object *incidents, const struct cli_options *options)
{
    size_t n = json_object_array_length(incidents);
    uint64_t now_ns = moment_now().wall_ns;
    if (n == 0) {
        puts(_("No incidents."));
        return CLI_OK;
    }
    CLEANUP(table_free_p)
    struct table *table =
        table_new(_("Number"), _("State"), _("Known since"), _("Matter"), _("Deadline"), _("Cause"),
                  _("Rows"), _("Person"), _("What"), NULL);
    for (size_t i = 0; table && i < n; i++)
        add_incident(table, json_object_array_get_idx(incidents, i), now_ns);
    table_print(table, stdout, options->color, cli_terminal_width());
    return CLI_OK;
}

static void print_cell_time(uint64_t wall_ns)
{
    char text[40] = "";
    if (wall_ns != 0)
        moment_to_iso(wall_ns, text);
    listing_print_cell(text, false);
}

static void print_cell_number(uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    listing_print_cell(text, false);
}

static void print_line(json_object *incident)
{
    json_object *reports = json_get(incident, "reports");
    print_cell_number(json_get_number(incident, "number"));
    listing_print_cell(json_get_text(incident, "state"), false);
    listing_print_cell(json_get_text(incident, "breach"), false);
    listing_print_cell(json_get_text(json_get(incident, "cause"), "kind"), false);
    print_cell_number(json_get_number(incident, "count"));
    print_cell_time(json_get_number(incident, "known_ns"));
    print_cell_time(json_get_number(json_get(reports, "first"), "due_ns"));
    print_cell_time(json_get_number(json_get(reports, "first"), "at_ns"));
    print_cell_time(json_get_number(json_get(reports, "final"), "due_ns"));
    print_cell_time(json_get_number(json_get(reports, "final"), "at_ns"));
    print_cell_time(json_get_number(json_get(incident, "acknowledged"), "at_ns"));
    listing_print_cell(json_get_text(json_get(incident, "acknowledged"), "by"), false);
    print_cell_time(json_get_number(json_get(incident, "closed"), "at_ns"));
    listing_print_cell(json_get_text(json_get(incident, "closed"), "by"), false);
    listing_print_cell(json_get_text(incident, "user"), false);
    listing_print_cell(json_get_text(incident, "name"), false);
    listing_print_cell(json_get_text(incident, "found"), false);
    listing_print_cell(json_get_text(incident, "measure"), true);
}

static enum cli_exit print_csv(json_object *incidents)
{
    static const char *const heads[] = {
        "number",    "state",      "kind",      "cause",      "rows",         "known",
        "first_due", "first_made", "final_due", "final_made", "acknowledged", "acknowledged_by",
        "closed",    "closed_by",  "user",      "what",       "cause_found",  "measure"};
    fputs(CSV_BYTE_ORDER_MARK, stdout);
    for (size_t i = 0; i < ELEMENTS(heads); i++)
        listing_print_cell(heads[i], i + 1 == ELEMENTS(heads));
    for (size_t i = 0; i < json_object_array_length(incidents); i++)
        print_line(json_object_array_get_idx(incidents, i));
    return CLI_OK;
}

enum cli_exit incident_run_list(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *incidents = NULL;
    CLEANUP_FREE char *why = NULL;
    bool csv = false;
    enum cli_exit status = listing_parse(&cmd_incident, argc, argv, &csv);
    if (status != CLI_OK)
        return status;
    int r = bus_call_list_incidents(0, &incidents, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_incident, r, why);
    if (csv)
        return print_csv(incidents);
    if (!options->json)
        return print_table(incidents, options);
    cli_print_json(incidents);
    return CLI_OK;
}

// ---- show --------------------------------------------------------------------------------------

static void print_act(const struct fields *fields, const char *label, json_object *act,
                      const char *more)
{
    char time[40];
    const char *by = json_get_text(act, "by");
    if (!act)
        return;
    field_time(json_get_number(act, "at_ns"), time);
    field_print(fields, label, TABLE_PLAIN, "%s  %s%s%s", time, by ? by : _("the agent"),
                more ? "  " : "", more ? more : "");
}

static void print_report(const struct fields *fields, json_object *incident,
                         enum incident_stage stage, uint64_t now_ns)
{
    json_object *report = json_get(json_get(incident, "reports"), incident_stage_to_str(stage));
    const char *label = stage == INCIDENT_FIRST ? _("First report") : _("Final report");
    uint64_t due_ns = json_get_number(report, "due_ns");
    const struct deadline deadline = {stage, incident_days_left(due_ns, now_ns), true};
    CLEANUP_FREE char *words = describe_deadline(&deadline);
    char last[DAY_TEXT_SIZE];
    if (json_get(report, "at_ns")) {
        print_act(fields, label, report, json_get_text(report, "reference"));
        return;
    }
    if (due_ns == 0 || json_get(incident, "closed"))
        return;
    moment_to_last_day(due_ns, last);
    field_print(fields, label, color_of(&deadline), _("until %s: %s"), last, words ? words : "");
}

static void print_notes(const struct fields *fields, json_object *incident)
{
    json_object *notes = json_get(incident, "notes");
    uint64_t gone = json_get_number(incident, "notes_gone");
    if (gone > 0)
        field_print(fields, _("Notes"), TABLE_DIM,
                    _("%" PRIu64 " older ones: sekisho log --kind incident.noted"), gone);
    for (size_t i = 0; notes && i < json_object_array_length(notes); i++) {
        json_object *note = json_object_array_get_idx(notes, i);
        print_act(fields, _("Note"), note, json_get_text(note, "text"));
    }
}

static void print_text(const struct fields *fields, const char *label, const char *text)
{
    CLEANUP_FREE char *printable = text ? text_printable(text) : NULL;
    if (printable)
        field_print(fields, label, TABLE_PLAIN, "%s", printable);
}

static unsigned widest_label(void)
{
    const char *labels[] = {
        _("Number"),       _("State"),        _("Matter"),       _("What"),
        _("Person"),       _("Rows"),         _("Opened"),       _("Known since"),
        _("Acknowledged"), _("First report"), _("Final report"), _("Notes"),
        _("Closed"),       _("Cause"),        _("Measure"),      _("No report")};
    unsigned widest = 0;
    for (size_t i = 0; i < ELEMENTS(labels); i++)
        widest = table_text_width(labels[i]) > widest ? table_text_width(labels[i]) : widest;
    return widest;
}

static void print_incident(json_object *incident, const struct cli_options *options)
{
    const struct fields fields = {widest_label(), options->color};
    const char *state = json_get_text(incident, "state");
    uint64_t now_ns = moment_now().wall_ns, count = json_get_number(incident, "count");
    char known[40];
    field_time(json_get_number(incident, "known_ns"), known);
    field_print(&fields, _("Number"), TABLE_PLAIN, "%" PRIu64, json_get_number(incident, "number"));
    field_print(&fields, _("State"), color_of_state(state), "%s", incident_state_word(state));
    field_print(&fields, _("Matter"), TABLE_PLAIN, "%s (%s)",
                incident_breach_word(json_get_text(incident, "breach")),
                json_get_text(json_get(incident, "cause"), "kind"));
    print_text(&fields, _("What"), json_get_text(incident, "name"));
    print_text(&fields, _("Person"), json_get_text(incident, "user"));
    if (count > 0)
        field_print(&fields, _("Rows"), TABLE_PLAIN, "%" PRIu64 " (%" PRIu64 " – %" PRIu64 ")",
                    count, json_get_number(incident, "first"), json_get_number(incident, "last"));
    print_act(&fields, _("Opened"), json_get(incident, "opened"), NULL);
    field_print(&fields, _("Known since"), TABLE_PLAIN, "%s", known);
    print_act(&fields, _("Acknowledged"), json_get(incident, "acknowledged"), NULL);
    for (unsigned stage = 0; stage < INCIDENT_STAGE_MAX; stage++)
        print_report(&fields, incident, stage, now_ns);
    print_notes(&fields, incident);
    print_act(&fields, _("Closed"), json_get(incident, "closed"), NULL);
    print_text(&fields, _("Cause"), json_get_text(incident, "found"));
    print_text(&fields, _("Measure"), json_get_text(incident, "measure"));
    print_text(&fields, _("No report"), json_get_text(incident, "waived"));
}

static void print_rows(json_object *rows, uint64_t left_out, const struct cli_options *options)
{
    CLEANUP(table_free_p)
    struct table *table = table_new(_("Row"), _("Time"), _("Person"), _("Event"), NULL);
    for (size_t i = 0; table && i < json_object_array_length(rows); i++) {
        json_object *row = json_object_array_get_idx(rows, i);
        CLEANUP_FREE char *number = text_format("%" PRIu64, json_get_number(row, "sequence")),
                          *time = field_minute(json_get_number(row, "time_ns"));
        table_row(table);
        table_cell(table, number, TABLE_PLAIN);
        table_cell(table, time, TABLE_PLAIN);
        table_cell(table, json_get_text(row, "user"), TABLE_PLAIN);
        table_cell(table, json_get_text(row, "text"), TABLE_PLAIN);
    }
    putchar('\n');
    table_print(table, stdout, options->color, cli_terminal_width());
    if (left_out > 0)
        printf(_("%" PRIu64 " rows between them are left out; “sekisho log” has all.\n"), left_out);
}

static enum cli_exit parse_show(int argc, char *argv[], const char **ret_state, uint64_t *ret)
{
    static const struct option known[] = {{"state", required_argument, NULL, 's'},
                                          {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        if (option != 's')
            return cli_bad_option(&cmd_incident, option, argv[optind - 1]);
        *ret_state = optarg;
    }
    return incident_parse_number(argc - optind == 2 ? argv[optind + 1] : NULL, ret);
}

enum cli_exit incident_run_show(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *incident = NULL, *rows = NULL;
    const char *state = CLI_STATE_FOLDER;
    uint64_t number, left_out = 0;
    enum cli_exit status = parse_show(argc, argv, &state, &number);
    if (status == CLI_OK)
        status = incident_fetch(number, &incident);
    if (status != CLI_OK)
        return status;
    int r = incident_read_rows(state, incident, !options->json, &rows, &left_out);
    if (options->json) {
        if (r == 0) {
            json_add(incident, "rows", TAKE_PTR(rows));
            json_add_number(incident, "rows_left_out", left_out);
        }
        cli_print_json(incident);
        return CLI_OK;
    }
    print_incident(incident, options);
    if (r == 0)
        print_rows(rows, left_out, options);
    else
        printf(_("\nIts rows can't be read (%s): root and the group sekisho-audit can.\n"),
               strerror(-r));
    return CLI_OK;
}
