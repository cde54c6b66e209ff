// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho operator: who may work here, from when until when, with what training and which folders.
#include "cli/cli.h"
#include "cli/operator-parts.h"
#include "cli/terms.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"

#include <assert.h>
#include <string.h>

enum verb { VERB_ADD, VERB_CHANGE, VERB_TRAINED, VERB_REMOVE, VERB_MAX };

// ---- Options -----------------------------------------------------------------------------------

static enum cli_exit add_folder(const char *folder, json_object *terms)
{
    json_object *list = json_get(terms, "folders");
    if (!text_is_utf8(folder, strlen(folder)))
        return cli_usage(&cmd_operator, _("--%s: not UTF-8"), "folder");
    if (!list) {
        list = json_object_new_array();
        json_add(terms, "folders", list);
    }
    if (folder[0] != '\0') // --folder "": none at all
        json_object_array_add(list, json_object_new_string(folder));
    return CLI_OK;
}

// A term may have ended already: it is entered as it was. "": it is open.
static enum cli_exit add_day(const char *key, const char *text, json_object *terms)
{
    uint64_t wall_ns = 0;
    bool until = text_equal(key, "until");
    int r = text[0] == '\0' ? 0
            : until         ? moment_parse_until(text, &wall_ns)
                            : moment_parse(text, &wall_ns);
    if (r < 0)
        return cli_usage(&cmd_operator,
                         _("--%s %s: no date; write YYYY-MM-DD, or “YYYY-MM-DD HH:MM”"), key, text);
    json_add_number(terms, until ? "until_ns" : "from_ns", wall_ns);
    return CLI_OK;
}

static enum cli_exit take_option(int option, void *terms)
{
    switch (option) {
    case 'p':
        return terms_add_text(&cmd_operator, "person", optarg, terms);
    case 'f':
        return add_day("from", optarg, terms);
    case 'u':
        return add_day("until", optarg, terms);
    case 'o':
        return add_folder(optarg, terms);
    case 'd':
        return terms_add_text(&cmd_operator, "date", optarg, terms);
    case 's':
        return terms_add_text(&cmd_operator, "subject", optarg, terms);
    default:
        return terms_add_text(&cmd_operator, "reason", optarg, terms);
    }
}

static const struct option options_of_entry[] = {
    {"person", required_argument, NULL, 'p'},
    {"from", required_argument, NULL, 'f'},
    {"until", required_argument, NULL, 'u'},
    {"folder", required_argument, NULL, 'o'},
    {NULL, 0, NULL, 0},
};
static const struct option options_of_training[] = {
    {"date", required_argument, NULL, 'd'},
    {"subject", required_argument, NULL, 's'},
    {NULL, 0, NULL, 0},
};
static const struct option options_of_removal[] = {
    {"reason", required_argument, NULL, 'w'},
    {NULL, 0, NULL, 0},
};
static const struct option *const options_of[] = {
    [VERB_ADD] = options_of_entry,
    [VERB_CHANGE] = options_of_entry,
    [VERB_TRAINED] = options_of_training,
    [VERB_REMOVE] = options_of_removal,
};
static_assert(ELEMENTS(options_of) == VERB_MAX, "options of each verb");

static enum cli_exit parse(int argc, char *argv[], enum verb verb, json_object *terms)
{
    const struct cli_arguments arguments = {&cmd_operator, argc, argv};
    enum cli_exit status = cli_take_options(&arguments, options_of[verb], take_option, terms);
    if (status == CLI_OK && argc - optind != 2)
        status = cli_usage(&cmd_operator, _("give one login name, as “getent passwd” shows it"));
    return status;
}

static enum cli_exit check_terms(enum verb verb, json_object *terms)
{
    if (verb == VERB_ADD && !json_get_text(terms, "person"))
        return cli_usage(&cmd_operator, _("who is it? Give --person NAME"));
    if (verb == VERB_TRAINED && !json_get_text(terms, "date"))
        return cli_usage(&cmd_operator, _("when was it attended? Give --date DATE"));
    if (verb == VERB_CHANGE && json_object_object_length(terms) == 0)
        return cli_usage(&cmd_operator, _("what is to be changed? See --help"));
    return CLI_OK;
}

// ---- Changes -----------------------------------------------------------------------------------

static const struct {
    const char *name, *method, *done;
} verbs[] = {
    [VERB_ADD] = {"add", "AddOperator", N_("%s is registered (row %llu).\n")},
    [VERB_CHANGE] = {"change", "ChangeOperator", N_("The entry of %s is changed (row %llu).\n")},
    [VERB_TRAINED] = {"trained", "TrainOperator",
                      N_("The training of %s is entered (row %llu).\n")},
    [VERB_REMOVE] = {"remove", "RemoveOperator", N_("The entry of %s has ended (row %llu).\n")},
};
static_assert(ELEMENTS(verbs) == VERB_MAX, "a name of each verb");

static enum cli_exit change(enum verb verb, int argc, char *argv[],
                            const struct cli_options *options)
{
    CLEANUP_JSON json_object *terms = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    enum cli_exit status = parse(argc, argv, verb, terms);
    if (status == CLI_OK)
        status = check_terms(verb, terms);
    if (status != CLI_OK)
        return status;
    const char *login = argv[optind + 1];
    int r = bus_call_change_operator(verbs[verb].method, login, terms, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_operator, r, why);
    if (options->json) {
        cli_print_json(answer);
        return CLI_OK;
    }
    // Each of them a format with %s and %llu, translations too: msgfmt checks.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    printf(_(verbs[verb].done), login, (unsigned long long)json_get_number(answer, "number"));
#pragma GCC diagnostic pop
    if (json_get_bool(answer, "reused"))
        puts(_("Mind: another person had this login name, or this account's number, before. Older "
               "entries of the record speak of that person."));
    return CLI_OK;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    if (argc < 2)
        return cli_usage(&cmd_operator,
                         _("what is to be done? list, add, change, trained or remove"));
    if (text_equal(argv[1], "list"))
        return operator_list(argc, argv, options);
    for (enum verb verb = 0; verb < VERB_MAX; verb++)
        if (text_equal(verbs[verb].name, argv[1]))
            return change(verb, argc, argv, options);
    return cli_usage(&cmd_operator,
                     _("%s: unknown; list, add, change, trained and remove are known"), argv[1]);
}

const struct command cmd_operator = {
    .name = "operator",
    .summary = N_("Who may work on this PC, with what training and which folders"),
    .usage = "list [--csv]  |  add LOGIN --person NAME [OPTION…]  |  change LOGIN OPTION…  |\n"
             "       sekisho operator trained LOGIN --date DATE [--subject TEXT]  |\n"
             "       sekisho operator remove LOGIN [--reason TEXT]",
    .help = N_("  LOGIN           name of the person's account on this PC\n"
               "\n"
               "Options of add and change:\n"
               "  --person NAME   the person's name\n"
               "  --from DATE     first day on which the person may work: YYYY-MM-DD\n"
               "  --until DATE    the last day\n"
               "  --folder PATH   a protected folder that the person handles; several times for\n"
               "                  several, which replace those of before\n"
               "\n"
               "Options of trained:\n"
               "  --date DATE     the day on which the training was attended: YYYY-MM-DD\n"
               "  --subject TEXT  what it was about\n"
               "\n"
               "Option of remove:\n"
               "  --reason TEXT   why the person no longer works here\n"
               "\n"
               "Option of list:\n"
               "  --csv           as CSV\n"),
    .run = run,
};
