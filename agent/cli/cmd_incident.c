// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho incident: what was violated or reported, who answered, what the city was told.
#include "cli/cli.h"
#include "cli/incident-parts.h"
#include "cli/terms.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"

#include <inttypes.h>
#include <string.h>

enum cli_exit incident_parse_number(const char *text, uint64_t *ret)
{
    return text && text_to_u64(text, 10, INT64_MAX, ret) == 0 && *ret > 0
               ? CLI_OK
               : cli_usage(&cmd_incident,
                           _("which incident? Give its number from “sekisho incident list”"));
}

enum cli_exit incident_fetch(uint64_t number, json_object **ret)
{
    CLEANUP_FREE char *why = NULL;
    int r = bus_call_get_incident(number, ret, &why);
    return r < 0 ? cli_bus_failed(&cmd_incident, r, why) : CLI_OK;
}

// ---- Options -----------------------------------------------------------------------------------

// One option: a text or a moment that becomes a field.
struct field {
    const char *name; // on the command line
    const char *key;  // of the field
    char letter;
    bool is_time;
};

static const struct field fields_known[] = {
    {"kind", "kind", 'k', false},       {"what", "what", 'w', false},
    {"known", "known_ns", 'n', true},   {"reference", "reference", 'r', false},
    {"date", "at_ns", 'd', true},       {"cause", "cause", 'c', false},
    {"measure", "measure", 'm', false}, {"no-report", "no_report", 'o', false},
};

static enum cli_exit take_time(const struct field *field, const char *text, json_object *fields)
{
    uint64_t wall_ns;
    if (moment_parse(text, &wall_ns) < 0)
        return cli_usage(&cmd_incident,
                         _("--%s %s: no date; write YYYY-MM-DD, or “YYYY-MM-DD "
                           "HH:MM”"),
                         field->name, text);
    json_add_number(fields, field->key, wall_ns);
    return CLI_OK;
}

static enum cli_exit take_option(int letter, void *fields)
{
    if (letter == 'p') {
        json_add_bool(fields, "on_purpose", true);
        return CLI_OK;
    }
    for (size_t i = 0; i < ELEMENTS(fields_known); i++)
        if (fields_known[i].letter == letter)
            return fields_known[i].is_time
                       ? take_time(&fields_known[i], optarg, fields)
                       : terms_add_text(&cmd_incident, fields_known[i].key, optarg, fields);
    return CLI_USAGE;
}

// `letters`: which of the options the verb knows.
static enum cli_exit parse(int argc, char *argv[], const char *letters, json_object *fields)
{
    struct option options[ELEMENTS(fields_known) + 2] = {0};
    const struct cli_arguments arguments = {&cmd_incident, argc, argv};
    size_t n = 0;
    for (size_t i = 0; i < ELEMENTS(fields_known); i++)
        if (strchr(letters, fields_known[i].letter))
            options[n++] = (struct option){fields_known[i].name, required_argument, NULL,
                                           fields_known[i].letter};
    if (strchr(letters, 'p'))
        options[n++] = (struct option){"on-purpose", no_argument, NULL, 'p'};
    return cli_take_options(&arguments, options, take_option, fields);
}

// ---- Verbs that change something ---------------------------------------------------------------

static enum cli_exit run_open(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *fields = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    enum cli_exit status = parse(argc, argv, "kwnp", fields);
    if (status != CLI_OK)
        return status;
    if (argc - optind != 1)
        return cli_usage(&cmd_incident, _("%s: unexpected"), argv[optind + 1]);
    if (!json_get(fields, "kind") || !json_get(fields, "what"))
        return cli_usage(&cmd_incident, _("what happened? Give --kind and --what"));
    int r = bus_call_open_incident(fields, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_incident, r, why);
    return cli_tell(
        options, answer,
        _("The incident is recorded, number %" PRIu64 ". Please tell the officer, too.\n"),
        json_get_number(answer, "number"));
}

static enum cli_exit run_acknowledge(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    uint64_t number;
    enum cli_exit status = incident_parse_number(argc == 3 ? argv[2] : NULL, &number);
    if (status != CLI_OK)
        return status;
    int r = bus_call_acknowledge_incident(argv[2], &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_incident, r, why);
    return cli_tell(options, answer, "%s\n",
                    json_get(answer, "sequence") ? _("It is recorded that you have seen it.")
                                                 : _("It was acknowledged already."));
}

static enum cli_exit run_note(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    uint64_t number;
    enum cli_exit status = incident_parse_number(argc > 2 ? argv[2] : NULL, &number);
    if (status != CLI_OK)
        return status;
    if (argc != 4)
        return cli_usage(&cmd_incident, _("give one text, in quotes"));
    if (!text_is_utf8(argv[3], strlen(argv[3])))
        return cli_usage(&cmd_incident, _("the text is not UTF-8"));
    int r = bus_call_note_incident(argv[2], argv[3], &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_incident, r, why);
    return cli_tell(options, answer, "%s\n", _("The note is recorded."));
}

static enum cli_exit run_report(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *fields = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    uint64_t number;
    enum cli_exit status = parse(argc, argv, "rdp", fields);
    if (status == CLI_OK)
        status = incident_parse_number(argc - optind > 1 ? argv[optind + 1] : NULL, &number);
    if (status != CLI_OK)
        return status;
    if (argc - optind != 3)
        return cli_usage(&cmd_incident, _("which report was made? first or final"));
    int r = bus_call_report_incident(argv[optind + 1], argv[optind + 2], fields, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_incident, r, why);
    return cli_tell(options, answer, "%s\n", _("The report to the city is recorded."));
}

static enum cli_exit run_close(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *fields = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    uint64_t number;
    enum cli_exit status = parse(argc, argv, "cmo", fields);
    if (status == CLI_OK)
        status = incident_parse_number(argc - optind == 2 ? argv[optind + 1] : NULL, &number);
    if (status != CLI_OK)
        return status;
    if (!json_get(fields, "cause") || !json_get(fields, "measure"))
        return cli_usage(&cmd_incident, _("how did it end? Give --cause and --measure"));
    int r = bus_call_close_incident(argv[optind + 1], fields, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_incident, r, why);
    return cli_tell(options, answer, "%s\n", _("The incident is closed."));
}

// ---- All ---------------------------------------------------------------------------------------

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    static const struct {
        const char *name;
        enum cli_exit (*run)(int argc, char *argv[], const struct cli_options *options);
    } verbs[] = {{"list", incident_run_list}, {"show", incident_run_show},  {"open", run_open},
                 {"ack", run_acknowledge},    {"note", run_note},           {"report", run_report},
                 {"close", run_close},        {"draft", incident_run_draft}};
    if (argc < 2)
        return cli_usage(&cmd_incident,
                         _("what is to be done? list, show, open, ack, note, report, "
                           "close or draft"));
    for (size_t i = 0; i < ELEMENTS(verbs); i++)
        if (text_equal(verbs[i].name, argv[1]))
            return verbs[i].run(argc, argv, options);
    return cli_usage(&cmd_incident,
                     _("%s: unknown; list, show, open, ack, note, report, close and "
                       "draft are known"),
                     argv[1]);
}

const struct command cmd_incident = {
    .name = "incident",
    .summary = N_("What was violated or lost, who answered, and what the city was told"),
    .usage = "list [--csv]  |  show NUMBER  |  open --kind KIND --what TEXT [OPTION…]  |  "
             "ack NUMBER  |  note NUMBER TEXT  |  report NUMBER first|final [OPTION…]  |  "
             "close NUMBER --cause TEXT --measure TEXT [OPTION…]  |  draft NUMBER [OPTION…]",
    .help = N_("Options of open:\n"
               "  --kind KIND       leak, loss, damage, sign (of one of these) or violation\n"
               "  --what TEXT       what happened, in one sentence\n"
               "  --known DATE      when the company became aware: YYYY-MM-DD, or\n"
               "                    “YYYY-MM-DD HH:MM”; without it, now\n"
               "  --on-purpose      it may have been done on purpose; report knows it, too\n"
               "\n"
               "Options of report:\n"
               "  --reference TEXT  the number of the letter\n"
               "  --date DATE       when it was made; without it, now\n"
               "\n"
               "Options of close:\n"
               "  --cause TEXT      the cause, as it was found\n"
               "  --measure TEXT    what was done so that it does not happen again\n"
               "  --no-report TEXT  why the city gets no final report: of a leak, loss or damage\n"
               "\n"
               "Options of draft:\n"
               "  --stage STAGE     first (as it comes) or final: which report is drafted\n"
               "  --to DIR          writes HTML and text in both languages there; without it the\n"
               "                    text is printed\n"
               "  --lang ja|en      of what is printed; Japanese unless you say en\n"
               "  --templates DIR   other forms, incident.LANG.html and incident.LANG.txt\n"
               "  --state DIR       another folder than /var/lib/sekisho; show knows it, too\n"
               "\n"
               "  --csv             list: as CSV\n"),
    .run = run,
};
