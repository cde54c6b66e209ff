// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho permit: the exceptions that the city has granted, from when until when.
#include "cli/cli.h"
#include "cli/table.h"
#include "cli/terms.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "policy/permit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// ---- list --------------------------------------------------------------------------------------

struct shown {
    const char *text;
    enum table_color color;
};

static struct shown describe_state(json_object *permit)
{
    const char *state = json_get_text(permit, "state");
    if (json_get_bool(permit, "in_force"))
        return (struct shown){_("in force"), TABLE_GREEN};
    if (text_equal(state, "ahead"))
        return (struct shown){_("not yet"), TABLE_YELLOW};
    return text_equal(state, "ended") ? (struct shown){_("ended"), TABLE_DIM}
                                      : (struct shown){_("being opened"), TABLE_YELLOW};
}

static char *describe_moment(json_object *permit, const char *key)
{
    char text[40];
    uint64_t wall_ns = json_get_number(permit, key);
    if (wall_ns == 0)
        return NULL;
    moment_to_iso(wall_ns, text);
    text[10] = ' ';
    text[16] = '\0'; // "2026-12-01 09:00"
    return text_dup(text);
}

static void put_peer(FILE *file, json_object *peer)
{
    const char *ports = json_get_text(peer, "ports"), *name = json_get_text(peer, "name"),
               *address = json_get_text(peer, "address");
    if (!text_equal(name, address))
        fprintf(file, "%s ", name);
    fprintf(file, "%s %s%s%s %s", address, json_get_text(peer, "protocol"), ports ? ":" : "",
            ports ? ports : "", json_get_text(peer, "direction"));
}

static void put_link(FILE *file, json_object *link)
{
    static const char *const keys[] = {"name", "mac", "driver", "path"};
    bool first = true;
    for (size_t i = 0; i < ELEMENTS(keys); i++) {
        const char *text = json_get_text(link, keys[i]);
        if (text)
            fprintf(file, "%s%s", first ? "" : " ", text);
        first &= !text;
    }
}

static void put_list(FILE *file, json_object *list, void (*put)(FILE *file, json_object *entry),
                     bool *first)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        fputs(*first ? "" : ", ", file);
        put(file, json_object_array_get_idx(list, i));
        *first = false;
    }
}

static char *describe_scope(json_object *permit)
{
    char *text = NULL;
    size_t length = 0;
    bool first = true;
    FILE *file = open_memstream(&text, &length);
    if (!file)
        return NULL;
    put_list(file, json_get(permit, "links"), put_link, &first);
    put_list(file, json_get(permit, "peers"), put_peer, &first);
    if (fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}

static void add_permit(struct table *table, json_object *permit)
{
    char number[24];
    CLEANUP_FREE char *scope = describe_scope(permit), *from = describe_moment(permit, "from_ns"),
                      *until = describe_moment(permit, "until_ns");
    const struct shown state = describe_state(permit);
    (void)snprintf(number, sizeof number, "%" PRIu64, json_get_number(permit, "number"));
    table_row(table);
    table_cell(table, number, TABLE_PLAIN);
    table_cell(table, json_get_text(permit, "permit"), TABLE_PLAIN);
    table_cell(table, state.text, state.color);
    table_cell(table, from, TABLE_PLAIN);
    table_cell(table, until, TABLE_PLAIN);
    table_cell(table, scope, TABLE_PLAIN);
    table_cell(table, json_get_text(permit, "approver"), TABLE_PLAIN);
    table_cell(table, json_get_text(permit, "reason"), TABLE_PLAIN);
}

static enum cli_exit print_permits(json_object *permits, const struct cli_options *options)
{
    size_t n = json_object_array_length(permits);
    if (n == 0) {
        puts(_("Nothing is permitted beside what the policy names."));
        return CLI_OK;
    }
    CLEANUP(table_free_p)
    struct table *table = table_new(_("Row"), _("Permit"), _("State"), _("From"), _("Until"),
                                    _("What"), _("By"), _("Reason"), NULL);
    for (size_t i = 0; table && i < n; i++)
        add_permit(table, json_object_array_get_idx(permits, i));
    table_print(table, stdout, options->color, cli_terminal_width());
    return CLI_OK;
}

static enum cli_exit list(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *permits = NULL;
    CLEANUP_FREE char *why = NULL;
    if (argc > 2)
        return cli_usage(&cmd_permit, _("%s: unexpected"), argv[2]);
    int r = bus_call_list_permits(&permits, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_permit, r, why);
    if (!options->json)
        return print_permits(permits, options);
    cli_print_json(permits);
    return CLI_OK;
}

// ---- add ---------------------------------------------------------------------------------------

static enum cli_exit take_option(int option, void *terms)
{
    switch (option) {
    case 'f':
        return terms_add_time(&cmd_permit, "from", optarg, terms);
    case 'u':
        return terms_add_time(&cmd_permit, "until", optarg, terms);
    case 'l':
        return terms_add_link(&cmd_permit, optarg, terms);
    case 'p':
        return terms_add_peer(&cmd_permit, optarg, NULL, terms);
    default:
        return terms_add_text(&cmd_permit, "reason", optarg, terms);
    }
}

static enum cli_exit parse(int argc, char *argv[], json_object *terms)
{
    static const struct option options[] = {
        {"from", required_argument, NULL, 'f'},   {"until", required_argument, NULL, 'u'},
        {"link", required_argument, NULL, 'l'},   {"peer", required_argument, NULL, 'p'},
        {"reason", required_argument, NULL, 'w'}, {NULL, 0, NULL, 0},
    };
    const struct cli_arguments arguments = {&cmd_permit, argc, argv};
    return cli_take_options(&arguments, options, take_option, terms);
}

static bool is_empty(json_object *terms)
{
    return json_object_array_length(json_get(terms, "links")) == 0 &&
           json_object_array_length(json_get(terms, "peers")) == 0;
}

static enum cli_exit check_terms(json_object *terms)
{
    uint64_t from_ns = json_get_number(terms, "from_ns"),
             until_ns = json_get_number(terms, "until_ns");
    if (until_ns == 0)
        return cli_usage(&cmd_permit, _("until when? Give --until as the permit says"));
    if (from_ns >= until_ns)
        return cli_usage(&cmd_permit, _("it ends before it begins"));
    if (is_empty(terms))
        return cli_usage(&cmd_permit, _("what is permitted? Give --link or --peer"));
    return CLI_OK;
}

static enum cli_exit add(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *terms = terms_new(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    enum cli_exit status = parse(argc, argv, terms);
    if (status != CLI_OK)
        return status;
    if (argc - optind != 2)
        return cli_usage(&cmd_permit, _("give one number, that of the city's permit"));
    const char *number = argv[optind + 1];
    if (!airgap_is_text(number, PERMIT_TEXT_MAX))
        return cli_usage(&cmd_permit, _("the permit's number is too long, or not printable"));
    status = check_terms(terms);
    if (status != CLI_OK)
        return status;
    int r = bus_call_grant_permit(number, terms, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_permit, r, why);
    return cli_tell(options, answer, _("The permit %s is entered (row %llu).\n"), number,
                    (unsigned long long)json_get_number(answer, "number"));
}

// ---- revoke ------------------------------------------------------------------------------------

static enum cli_exit end(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    if (argc != 3)
        return cli_usage(&cmd_permit,
                         _("which permit? Give its number from “sekisho permit list”"));
    int r = bus_call_end_permit(argv[2], &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_permit, r, why);
    return cli_tell(options, answer, _("The permit %s is ended.\n"), argv[2]);
}

// ---- Verbs -------------------------------------------------------------------------------------

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    static const struct {
        const char *name;
        enum cli_exit (*run)(int argc, char *argv[], const struct cli_options *options);
    } verbs[] = {{"list", list}, {"add", add}, {"revoke", end}};
    if (argc < 2)
        return cli_usage(&cmd_permit, _("what is to be done? list, add or revoke"));
    for (size_t i = 0; i < ELEMENTS(verbs); i++)
        if (text_equal(verbs[i].name, argv[1]))
            return verbs[i].run(argc, argv, options);
    return cli_usage(&cmd_permit, _("%s: unknown; list, add and revoke are known"), argv[1]);
}

const struct command cmd_permit = {
    .name = "permit",
    .summary = N_("The exceptions that the city has permitted, from when until when"),
    .usage = "list  |  add NUMBER --until DATE [OPTION…]  |  revoke NUMBER",
    .help = N_("  NUMBER         the city's number of the permit; for revoke also that of its row\n"
               "\n"
               "Options of add:\n"
               "  --until DATE   ends with that day: YYYY-MM-DD, or “YYYY-MM-DD HH:MM”\n"
               "  --from DATE    begins then; without it, at once\n"
               "  --link LINK    a network link: its name or address from “sekisho net list”,\n"
               "                 driver=NAME or path=PATH\n"
               "  --peer PEER    what may be reached: “ADDRESS PROTOCOL[:PORTS] [DIRECTION]”, as\n"
               "                 in “192.168.10.20 tcp:9100 out”\n"
               "  --reason TEXT  what it is needed for\n"
               "\n"
               "--link and --peer may be given several times.\n"),
    .run = run,
};
