// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho prune: which months' records may be removed, and their removal. Clause 5 (6).
#include "cli/cli.h"
#include "cli/site.h"
#include "cli/table.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "ledger/query.h"
#include "ledger/verify.h"

#include <errno.h>
#include <inttypes.h>

#define MIB (1024.0 * 1024.0)

struct request {
    const char *today, *state;
    bool yes;
};

// ---- Before ------------------------------------------------------------------------------------

// Evidence that somebody touched is not what may be removed.
static enum cli_exit check_evidence(const struct request *request)
{
    CLEANUP_FREE char *folder = text_format("%s/ledger", request->state);
    CLEANUP(query_free_paths_p) char **paths = NULL;
    const struct verify_witness witness = {.open = true, .complete = true};
    struct verify_result result = {0};
    size_t n = 0;
    int r = folder ? query_list_months(folder, &paths, &n) : -ENOMEM;
    if (r == 0)
        r = n > 0 ? verify_files((const char *const *)paths, n, &witness, &result) : -ENOENT;
    if (r < 0)
        return cli_read_failed(&cmd_prune, r, folder ? folder : request->state);
    bool broken = result.outcome == VERIFY_BROKEN;
    verify_result_clear(&result);
    if (!broken)
        return CLI_OK;
    cli_error(&cmd_prune, _("the ledger shows that somebody touched it: nothing is removed; "
                            "“sekisho verify --all” names each fault"));
    return CLI_REFUSED;
}

// ---- Telling -----------------------------------------------------------------------------------

static void add_month(struct table *table, json_object *month)
{
    CLEANUP_FREE char *rows = text_format("%" PRIu64, json_get_number(month, "last") + 1 -
                                                          json_get_number(month, "first"));
    CLEANUP_FREE char *size =
        text_format("%.1f MiB", (double)json_get_number(month, "bytes") / MIB);
    bool exported = json_get_bool(month, "exported");
    table_row(table);
    table_cell(table, json_get_text(month, "month"), TABLE_PLAIN);
    table_cell(table, rows, TABLE_PLAIN);
    table_cell(table, size, TABLE_PLAIN);
    table_cell(table, exported ? _("yes") : _("no"), exported ? TABLE_PLAIN : TABLE_YELLOW);
}

static void print_months(json_object *months, const struct cli_options *options)
{
    CLEANUP(table_free_p)
    struct table *table = table_new(_("month"), _("rows"), _("size"), _("exported"), NULL);
    for (size_t i = 0; table && i < json_object_array_length(months); i++)
        add_month(table, json_object_array_get_idx(months, i));
    if (table)
        table_print(table, stdout, options->color, cli_terminal_width());
}

static void print_what_to_do(json_object *answer)
{
    char from[DAY_TEXT_SIZE];
    moment_to_day(json_get_number(answer, "from_ns"), from);
    printf(_("The last contract ends on %s; records may be removed from %s on.\n"),
           json_get_text(answer, "contract_end"), from);
    if (json_get_bool(answer, "removed"))
        printf(_("They were removed. The ledger says so, and by whom.\n"));
    else if (!json_get_bool(answer, "due"))
        printf(_("Until then they are kept.\n"));
    else if (json_get_bool(answer, "doubtful_clock"))
        printf(_("To remove them, state the day, because for some months since then there are no "
                 "records: sekisho prune --yes --today DATE\n"));
    else
        printf(_("To remove them: sekisho prune --yes\n"));
}

static void print_answer(json_object *answer, const struct cli_options *options)
{
    json_object *months = json_get(answer, "months");
    if (options->json) {
        cli_print_json(answer);
        return;
    }
    if (json_object_array_length(months) == 0) {
        printf(_("There are only the records of this month, which stay.\n"));
        return;
    }
    print_months(months, options);
    print_what_to_do(answer);
}

// ---- The command -------------------------------------------------------------------------------

static enum cli_exit take_option(int option, void *context)
{
    struct request *request = context;
    switch (option) {
    case 'y':
        request->yes = true;
        return CLI_OK;
    case 't':
        request->today = optarg;
        return moment_is_day(optarg)
                   ? CLI_OK
                   : cli_usage(&cmd_prune, _("%s: write the day as YYYY-MM-DD"), optarg);
    default:
        request->state = optarg;
        return CLI_OK;
    }
}

static enum cli_exit parse(int argc, char *argv[], struct request *ret)
{
    static const struct option options[] = {
        {"yes", no_argument, NULL, 'y'},
        {"today", required_argument, NULL, 't'},
        {"state", required_argument, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    const struct cli_arguments arguments = {&cmd_prune, argc, argv};
    *ret = (struct request){.state = CLI_STATE_FOLDER};
    enum cli_exit status = cli_take_options(&arguments, options, take_option, ret);
    if (status == CLI_OK && optind < argc)
        return cli_usage(&cmd_prune, _("%s: takes no arguments"), argv[optind]);
    return status;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP(policy_free_p) struct policy *policy = site_load_policy();
    CLEANUP_JSON json_object *terms = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    struct request request;
    (void)site_use_zone(policy);
    enum cli_exit status = parse(argc, argv, &request);
    if (status == CLI_OK && request.yes)
        status = check_evidence(&request);
    if (status != CLI_OK)
        return status;
    json_add_bool(terms, "remove", request.yes);
    json_add_text(terms, "today", request.today);
    int r = bus_call_prune(terms, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_prune, r, why);
    print_answer(answer, options);
    return CLI_OK;
}

const struct command cmd_prune = {
    .name = "prune",
    .summary = N_("Remove records whose retention has ended"),
    .usage = "[--yes] [--today DATE]",
    .help = N_("  --yes         remove them; without it nothing is changed\n"
               "  --today DATE  what day it is, where the clock alone cannot be believed\n"
               "  --state DIR   the agent's folder (default /var/lib/sekisho)"),
    .run = run,
};
