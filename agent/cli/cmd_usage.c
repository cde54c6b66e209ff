// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho usage: who used this workstation in a month, in one line a person.
#include "cli/cli.h"
#include "cli/site.h"
#include "cli/table.h"

#include "base/json.h"
#include "base/text.h"
#include "report/csv.h"
#include "report/usage.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>

struct request {
    const char *month, *state;
    bool csv;
};

// "12:05"; with "+" behind it while a session goes on.
static void hours_text(const struct usage_person *person, char *ret, size_t size)
{
    uint64_t minutes = person->logged_in_ns / NS_PER_S / 60;
    snprintf(ret, size, "%" PRIu64 ":%02u%s", minutes / 60, (unsigned)(minutes % 60),
             person->open ? "+" : "");
}

static char *person_label(const struct usage_person *person)
{
    if (person->name)
        return text_printable(person->name);
    return person->uid != FACT_NO_UID ? text_format("uid %" PRIu32, person->uid)
                                      : text_dup(_("(unknown)"));
}

// ---- Table -------------------------------------------------------------------------------------

static void number_cell(struct table *table, uint64_t number, enum table_color color)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    table_cell(table, text, number == 0 ? TABLE_DIM : color);
}

static enum table_color color_of(enum usage_count count)
{
    switch (count) {
    case USAGE_FAILED:
    case USAGE_REFUSED:
        return TABLE_YELLOW;
    case USAGE_LOGINS:
    case USAGE_READ:
    case USAGE_WRITTEN:
    case USAGE_CREATED:
    case USAGE_DELETED:
    case USAGE_RENAMED:
    case USAGE_CHANGED:
    case USAGE_PRINTED:
    case USAGE_TAKEN:
    case USAGE_COUNT_MAX:
        return TABLE_PLAIN;
    }
    return TABLE_PLAIN;
}

static int add_person(struct table *table, const struct usage *usage,
                      const struct usage_person *person)
{
    CLEANUP_FREE char *label = person_label(person);
    char hours[32];
    if (!label)
        return -ENOMEM;
    hours_text(person, hours, sizeof hours);
    table_row(table);
    table_cell(table, label, TABLE_PLAIN);
    for (enum usage_count c = 0; c < USAGE_COUNT_MAX; c++) {
        number_cell(table, person->counts[c], color_of(c));
        if (c == USAGE_LOGINS)
            table_cell(table, hours, person->logged_in_ns == 0 ? TABLE_DIM : TABLE_PLAIN);
    }
    if (usage->office)
        number_cell(table, usage_person_total(person, true), TABLE_YELLOW);
    else
        table_cell(table, NULL, TABLE_DIM);
    return 0;
}

static bool any_open(const struct usage *usage)
{
    for (size_t i = 0; i < usage->n; i++)
        if (usage->persons[i]->open)
            return true;
    return false;
}

// What the numbers do not say by themselves.
static void print_notes(const struct usage *usage, bool color)
{
    const char *yellow = color ? table_escape(TABLE_YELLOW) : "", *plain = color ? "\x1b[0m" : "";
    if (any_open(usage))
        puts(_("+ a session goes on; its hours are counted up to now, or to the month's end"));
    if (!usage->office)
        puts(_("– the policy states no office hours (section “office”)"));
    if (!usage->recorded)
        printf("%s%s%s\n", yellow,
               _("Logins and file access were not recorded in this month: nothing above is a zero"),
               plain);
    if (usage->gaps.spans.n > 0)
        printf(ngettext("%sFor a time nobody was recording (%zu gap): the numbers are the least; "
                        "“sekisho log --kind agent.gap”%s\n",
                        "%sFor a time nobody was recording (%zu gaps): the numbers are the least; "
                        "“sekisho log --kind agent.gap”%s\n",
                        usage->gaps.spans.n),
               yellow, usage->gaps.spans.n, plain);
}

static int print_table(const struct usage *usage, bool color)
{
    CLEANUP(table_free_p)
    struct table *table =
        table_new(_("Person"), _("Logins"), _("Hours"), _("Failed"), _("Refused"), _("Read"),
                  _("Written"), _("Created"), _("Deleted"), _("Renamed"), _("Changed"),
                  _("Printed"), _("Taken out"), _("After hours"), NULL);
    if (!table)
        return -ENOMEM;
    for (size_t i = 0; i < usage->n; i++) {
        int r = add_person(table, usage, usage->persons[i]);
        if (r < 0)
            return r;
    }
    table_print(table, stdout, color, 0);
    print_notes(usage, color);
    return 0;
}

// ---- JSON and CSV ------------------------------------------------------------------------------

static json_object *counts_of(const uint64_t counts[USAGE_COUNT_MAX])
{
    json_object *object = json_object_new_object();
    for (enum usage_count c = 0; object && c < USAGE_COUNT_MAX; c++)
        json_add_number(object, usage_count_to_str(c), counts[c]);
    return object;
}

static json_object *describe_person(const struct usage *usage, const struct usage_person *person)
{
    json_object *object = json_object_new_object();
    CLEANUP_FREE char *name = person->name ? text_printable(person->name) : NULL;
    if (!object)
        return NULL;
    json_add_text(object, "user", name);
    if (person->uid != FACT_NO_UID)
        json_add_number(object, "uid", person->uid);
    json_add_number(object, "logged_in_seconds", person->logged_in_ns / NS_PER_S);
    json_add_bool(object, "session_open", person->open);
    json_add(object, "counts", counts_of(person->counts));
    if (usage->office)
        json_add(object, "outside_office_hours", counts_of(person->outside));
    return object;
}

static int print_document(const struct usage *usage)
{
    CLEANUP_JSON json_object *document = json_object_new_object();
    json_object *persons = json_object_new_array();
    if (!document || !persons) {
        json_object_put(persons);
        return -ENOMEM;
    }
    json_add_text(document, "month", usage->name);
    json_add_number(document, "until_ns", usage->until_ns);
    json_add_bool(document, "recorded", usage->recorded);
    json_add_number(document, "gaps", usage->gaps.spans.n);
    json_add_number(document, "gap_seconds",
                    spans_total(&usage->gaps.spans, usage->begin_ns, usage->end_ns) / NS_PER_S);
    json_add_number(document, "records_lost", usage->gaps.lost);
    json_add_bool(document, "office_hours", usage->office);
    json_add(document, "persons", persons);
    for (size_t i = 0; i < usage->n; i++) {
        json_object *person = describe_person(usage, usage->persons[i]);
        if (!person || json_object_array_add(persons, person) < 0)
            return -ENOMEM;
    }
    cli_print_json(document);
    return 0;
}

static void write_number(uint64_t number, bool stated)
{
    if (stated)
        printf(",%" PRIu64, number);
    else
        putchar(',');
}

static int print_csv(const struct usage *usage)
{
    fputs(CSV_BYTE_ORDER_MARK "month,user,logged_in_seconds,session_open", stdout);
    for (enum usage_count c = 0; c < USAGE_COUNT_MAX; c++)
        printf(",%s", usage_count_to_str(c));
    for (enum usage_count c = 0; c < USAGE_COUNT_MAX; c++)
        printf(",%s_outside_office_hours", usage_count_to_str(c));
    fputs(CSV_LINE_END, stdout);
    for (size_t i = 0; i < usage->n; i++) {
        const struct usage_person *person = usage->persons[i];
        CLEANUP_FREE char *label =
            person->name || person->uid != FACT_NO_UID ? person_label(person) : text_dup("");
        if (!label)
            return -ENOMEM;
        printf("%s,\"", usage->name);
        csv_write_guarded(stdout, label);
        printf("\",%" PRIu64 ",%s", person->logged_in_ns / NS_PER_S,
               person->open ? "true" : "false");
        for (enum usage_count c = 0; c < USAGE_COUNT_MAX; c++)
            write_number(person->counts[c], true);
        for (enum usage_count c = 0; c < USAGE_COUNT_MAX; c++)
            write_number(person->outside[c], usage->office);
        fputs(CSV_LINE_END, stdout);
    }
    return 0;
}

// ---- Arguments ---------------------------------------------------------------------------------

static enum cli_exit parse(int argc, char *argv[], struct request *request)
{
    static const struct option options[] = {
        {"month", required_argument, NULL, 'm'},
        {"csv", no_argument, NULL, 'c'},
        {"state", required_argument, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    int option;
    uint64_t begin, end;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'm')
            request->month = optarg;
        else if (option == 'c')
            request->csv = true;
        else if (option == 'd')
            request->state = optarg;
        else
            return cli_bad_option(&cmd_usage, option, argv[optind - 1]);
    }
    if (optind < argc)
        return cli_usage(&cmd_usage, _("%s: unexpected"), argv[optind]);
    if (!request->month)
        return cli_usage(&cmd_usage, _("say --month YYYY-MM"));
    if (moment_month_range(request->month, &begin, &end) < 0)
        return cli_usage(&cmd_usage, _("--month %s: is no month; write YYYY-MM"), request->month);
    return CLI_OK;
}

static enum cli_exit gather_failed(const struct request *request, int r, const char *folder)
{
    if (r != -ENOENT)
        return cli_read_failed(&cmd_usage, r, folder);
    cli_error(&cmd_usage, _("%s: there is no ledger of that month in %s"), request->month, folder);
    return CLI_FAILED;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    struct request request = {.state = CLI_STATE_FOLDER};
    struct usage usage = {0};
    CLEANUP(policy_free_p) struct policy *policy = site_load_policy();
    (void)site_use_zone(policy); // before the month is cut
    enum cli_exit status = parse(argc, argv, &request);
    if (status != CLI_OK)
        return status;
    if (options->json && request.csv)
        return cli_usage(&cmd_usage, _("--json and --csv: only one of them"));

    CLEANUP_FREE char *folder = text_format("%s/ledger", request.state);
    int r = folder ? usage_gather(folder, request.month, policy, moment_now().wall_ns, &usage)
                   : -ENOMEM;
    if (r < 0)
        return gather_failed(&request, r, folder ? folder : request.state);
    r = options->json ? print_document(&usage)
        : request.csv ? print_csv(&usage)
                      : print_table(&usage, options->color);
    bool whole = usage.recorded && usage.gaps.spans.n == 0;
    usage_clear(&usage);
    if (r < 0)
        return cli_read_failed(&cmd_usage, r, folder);
    return whole ? CLI_OK : CLI_FINDING;
}

const struct command cmd_usage = {
    .name = "usage",
    .summary = N_("Shows who used this workstation in a month, in totals"),
    .usage = "--month YYYY-MM [--csv] [--state DIR]",
    .help = N_("  --month YYYY-MM   the month\n"
               "  --csv             one line a person, for a spreadsheet\n"
               "  --state DIR       another folder than /var/lib/sekisho\n"
               "\n"
               "For root and the group sekisho-audit. Exit status 1: there are gaps in the\n"
               "record of logins and files, or there was none in that month.\n"),
    .run = run,
};
