// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho medium: what leaves, and what comes back.
#include "cli/record-parts.h"
#include "cli/terms.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"

#include <inttypes.h>

static const struct record_face face = {
    &cmd_medium,
    RECORD_TAKEOUTS,
    "out",
    "in",
    {N_("not yet"), N_("out"), N_("overdue"), N_("returned")},
};

static enum cli_exit add_returned(const char *text, json_object *fields)
{
    char day[DAY_TEXT_SIZE];
    uint64_t wall_ns;
    if (moment_parse(text, &wall_ns) < 0)
        return cli_usage(&cmd_medium, _("--%s: no date; write YYYY-MM-DD"), "returned");
    moment_to_day(wall_ns, day);
    json_add_text(fields, "returned", day);
    return CLI_OK;
}

static enum cli_exit take_option(int option, void *fields)
{
    switch (option) {
    case 'r':
        return terms_add_text(&cmd_medium, "request", optarg, fields);
    case 'd':
        return terms_add_text(&cmd_medium, "device", optarg, fields);
    case 'c':
        return terms_add_text(&cmd_medium, "carrier", optarg, fields);
    case 'n':
        return terms_add_text(&cmd_medium, "copies", optarg, fields);
    case 'p':
        return terms_add_text(&cmd_medium, "permit", optarg, fields);
    case 'u':
        return terms_add_time(&cmd_medium, "until", optarg, fields);
    case 'b':
        return add_returned(optarg, fields);
    default:
        json_add_bool(fields, "encrypted", true);
        return CLI_OK;
    }
}

static enum cli_exit parse(const struct option *options, int argc, char *argv[],
                           json_object *fields)
{
    const struct cli_arguments arguments = {&cmd_medium, argc, argv};
    return cli_take_options(&arguments, options, take_option, fields);
}

static const char *describe_encryption(const char *encryption)
{
    if (text_equal(encryption, RECORD_TAKEOUT_LUKS))
        return _("it was seen to be encrypted");
    if (text_equal(encryption, RECORD_TAKEOUT_STATED))
        return _("you have stated that it is encrypted");
    return _("it is not encrypted, as the city has permitted");
}

static enum cli_exit take_out(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option known[] = {
        {"request", required_argument, NULL, 'r'}, {"device", required_argument, NULL, 'd'},
        {"carrier", required_argument, NULL, 'c'}, {"copies", required_argument, NULL, 'n'},
        {"permit", required_argument, NULL, 'p'},  {"until", required_argument, NULL, 'u'},
        {"encrypted", no_argument, NULL, 'e'},     {NULL, 0, NULL, 0},
    };
    CLEANUP_JSON json_object *fields = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    enum cli_exit status = parse(known, argc, argv, fields);
    if (status != CLI_OK)
        return status;
    if (argc - optind != 1)
        return cli_usage(&cmd_medium, _("%s: unexpected"), argv[optind + 1]);
    if (!json_get(fields, "request"))
        return cli_usage(&cmd_medium,
                         _("by which request? Give --request; ask with “sekisho request make”"));
    if (!json_get(fields, "carrier"))
        return cli_usage(&cmd_medium, _("who carries it? Give --carrier"));
    int r = bus_call_take_out(fields, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_medium, r, why);
    return cli_tell(options, answer, _("Entered as number %" PRIu64 "; %s.\n"),
                    json_get_number(answer, "number"),
                    describe_encryption(json_get_text(answer, "encryption")));
}

static enum cli_exit bring_back(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option known[] = {{"returned", required_argument, NULL, 'b'},
                                          {NULL, 0, NULL, 0}};
    CLEANUP_JSON json_object *fields = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    enum cli_exit status = parse(known, argc, argv, fields);
    if (status != CLI_OK)
        return status;
    if (argc - optind != 2)
        return cli_usage(&cmd_medium, _("which entry? Give its number from “sekisho %s list”"),
                         cmd_medium.name);
    int r = bus_call_bring_back(argv[optind + 1], fields, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_medium, r, why);
    return cli_tell(options, answer, _("Number %s is ended.\n"), argv[optind + 1]);
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    if (argc < 2)
        return cli_usage(&cmd_medium, _("what is to be done? out, in or list"));
    if (text_equal(argv[1], "list"))
        return record_list(&face, argc, argv, options);
    if (text_equal(argv[1], "out"))
        return take_out(argc, argv, options);
    if (text_equal(argv[1], "in"))
        return bring_back(argc, argv, options);
    return cli_usage(&cmd_medium, _("%s: unknown; out, in and list are known"), argv[1]);
}

const struct command cmd_medium = {
    .name = "medium",
    .summary = N_("The register of what is taken out, clauses 5 (7) and 7"),
    .usage = "out --request NUMBER --carrier NAME [OPTION…]  |  in NUMBER [--returned DATE]  |  "
             "list [--csv]",
    .help = N_("  --request NUMBER  the approved request: what leaves, on what, and where to\n"
               "  --carrier NAME    who carries it\n"
               "  --copies TEXT     how many copies leave\n"
               "  --device DEVICE   the plugged medium: whether it is encrypted is looked at\n"
               "  --encrypted       of one that is not plugged in: you state that it is\n"
               "  --permit NUMBER   of the city, for one that is not encrypted\n"
               "  --until DATE      due back by that day; without it, as was asked for\n"
               "  --returned DATE   of in; without it, today\n"
               "  --csv             a table for spreadsheets\n"
               "\n"
               "An export to a medium is a take-out as well: sekisho-export(1).\n"),
    .run = run,
};
