// SPDX-License-Identifier: GPL-3.0-or-later
// The commands that keep the small registers: sekisho attest, visit, asset, review and audit. Their
// options are what each register's form asks for.
#include "cli/record-parts.h"
#include "cli/terms.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"
#include "bus/bus.h"
#include "policy/clause.h"

#include <inttypes.h>
#include <string.h>

#define OPTION_STATEMENT 's'
#define OPTION_DOCUMENT 'd'
#define OPTION_FROM 'f'
#define OPTION_UNTIL 'u'
#define OPTION_FIELDS 256 // the first of the form's own

static const struct record_face faces[] = {
    {&cmd_attest,
     RECORD_ATTESTATIONS,
     NULL,
     "end",
     {N_("not yet"), N_("in force"), N_("expired"), N_("ended")}},
    {&cmd_visit,
     RECORD_VISITS,
     "in",
     "out",
     {N_("not yet"), N_("inside"), N_("expired"), N_("has left")}},
    {&cmd_asset,
     RECORD_ASSETS,
     "add",
     "return",
     {N_("not yet"), N_("lent"), N_("overdue"), N_("returned")}},
    {&cmd_review,
     RECORD_REVIEWS,
     "sign",
     NULL,
     {N_("not yet"), N_("signed"), N_("expired"), N_("ended")}},
    {&cmd_audit,
     RECORD_AUDITS,
     "add",
     "close",
     {N_("not yet"), N_("open"), N_("expired"), N_("closed")}},
    {&cmd_dispose,
     RECORD_DISPOSALS,
     "add",
     NULL,
     {N_("not yet"), N_("recorded"), N_("expired"), N_("ended")}},
};

static const struct record_face *face_of(const char *command)
{
    for (size_t i = 0; i < ELEMENTS(faces); i++)
        if (text_equal(faces[i].command->name, command))
            return &faces[i];
    return NULL;
}

// ---- Options -----------------------------------------------------------------------------------

struct option_list {
    struct option items[RECORD_FIELDS_MAX + 5]; // the last is zero
    size_t n;
};

static void add_option(struct option_list *list, const char *name, int value)
{
    list->items[list->n++] = (struct option){name, required_argument, NULL, value};
}

static void choose_options(const struct record_form *form, enum record_stage stage,
                           struct option_list *ret)
{
    for (size_t i = 0; i < form->n_fields; i++)
        if (form->fields[i].stages & stage)
            add_option(ret, form->fields[i].name, OPTION_FIELDS + (int)i);
    if (stage != RECORD_ADDING)
        return;
    if (form->takes & RECORD_STATEMENT)
        add_option(ret, "statement", OPTION_STATEMENT);
    if (form->takes & RECORD_DOCUMENT)
        add_option(ret, "document", OPTION_DOCUMENT);
    if (form->takes & RECORD_UNTIL) {
        add_option(ret, "from", OPTION_FROM);
        add_option(ret, "until", OPTION_UNTIL);
    }
}

// Dates and times as people type them, in the session's zone, become what the register holds.
static void to_stored(enum record_type type, const char *text, char ret[40])
{
    uint64_t wall_ns;
    if ((type != RECORD_DATE && type != RECORD_TIME) || moment_parse(text, &wall_ns) < 0)
        return;
    if (type == RECORD_DATE) {
        moment_to_day(wall_ns, ret);
        return;
    }
    moment_to_utc(wall_ns, ret);
    text_copy(&ret[strlen("YYYY-MM-DDTHH:MM:SS")], 2, "Z");
}

static enum cli_exit refuse_choice(const struct command *command, const struct record_field *field)
{
    CLEANUP_FREE char *list = text_dup(field->choices[0]);
    for (const char *const *choice = field->choices + 1; list && *choice; choice++) {
        char *longer = text_format("%s, %s", list, *choice);
        free(list);
        list = longer;
    }
    return cli_usage(command, _("--%s: write one of: %s"), field->name, list ? list : "");
}

static enum cli_exit refuse_value(const struct command *command, const struct record_field *field)
{
    switch (field->type) {
    case RECORD_DATE:
        return cli_usage(command, _("--%s: no date; write YYYY-MM-DD"), field->name);
    case RECORD_TIME:
        return cli_usage(command, _("--%s: no time; write “YYYY-MM-DD HH:MM”"), field->name);
    case RECORD_MONTH:
        return cli_usage(command, _("--%s: no month; write YYYY-MM"), field->name);
    case RECORD_CHOICE:
        return refuse_choice(command, field);
    case RECORD_WORDS:
    case RECORD_TYPE_MAX:
        break;
    }
    return cli_usage(command, _("--%s: empty, or longer than %d bytes"), field->name,
                     RECORD_TEXT_MAX);
}

static enum cli_exit take_field(const struct command *command, const struct record_field *field,
                                json_object *fields)
{
    char stored[40] = "";
    to_stored(field->type, optarg, stored);
    const char *text = stored[0] ? stored : optarg;
    bool taken = field->type == RECORD_WORDS ? text[0] && strlen(text) <= RECORD_TEXT_MAX
                                             : record_field_takes(field, text);
    return taken ? terms_add_text(command, field->name, text, fields)
                 : refuse_value(command, field);
}

// What an entry is made of.
struct intake {
    const struct record_face *face;
    json_object *fields;
};

static enum cli_exit take_option(int option, void *context)
{
    const struct intake *intake = context;
    const struct command *command = intake->face->command;
    switch (option) {
    case OPTION_STATEMENT:
        return terms_add_text(command, "statement", optarg, intake->fields);
    case OPTION_DOCUMENT:
        return record_add_document(command, optarg, intake->fields);
    case OPTION_FROM:
        return terms_add_time(command, "from", optarg, intake->fields);
    case OPTION_UNTIL:
        return terms_add_time(command, "until", optarg, intake->fields);
    default:
        return take_field(command, &record_face_form(intake->face)->fields[option - OPTION_FIELDS],
                          intake->fields);
    }
}

static enum cli_exit parse(const struct record_face *face, enum record_stage stage, int argc,
                           char *argv[], json_object *fields)
{
    const struct cli_arguments arguments = {face->command, argc, argv};
    struct option_list options = {.n = 0};
    struct intake intake = {face, fields};
    choose_options(record_face_form(face), stage, &options);
    return cli_take_options(&arguments, options.items, take_option, &intake);
}

// Before the agent says so, and by the option's name.
static enum cli_exit check_complete(const struct record_face *face, enum record_stage stage,
                                    json_object *fields)
{
    const struct record_form *form = record_face_form(face);
    for (size_t i = 0; i < form->n_fields; i++) {
        const struct record_field *field = &form->fields[i];
        if (field->required && (field->stages & stage) && !json_get(fields, field->name) &&
            field->type != RECORD_DATE && field->type != RECORD_TIME)
            return cli_usage(face->command, _("--%s is missing"), field->name);
    }
    if (stage == RECORD_ADDING && (form->takes & RECORD_STATEMENT) &&
        !json_get(fields, "statement"))
        return cli_usage(face->command, _("--%s is missing"), "statement");
    return CLI_OK;
}

// ---- Adding ------------------------------------------------------------------------------------

static enum cli_exit take_clause(const struct record_face *face, const char *text,
                                 json_object *fields)
{
    CLEANUP_FREE char *shown = text_printable(text);
    const struct clause *clause = clause_find(text);
    const char *nearest = clause ? NULL : clause_nearest(text);
    if (nearest)
        return cli_usage(face->command, _("%s: the standard has no such clause; “%s” is near"),
                         shown, nearest);
    if (!clause)
        return cli_usage(face->command,
                         _("%s: the standard has no such clause; “sekisho attest clauses” lists "
                           "them"),
                         shown);
    if (!(clause->ways & CLAUSE_ATTESTED))
        return cli_usage(face->command,
                         _("%s: sekisho itself looks after this clause, nobody's word does"),
                         clause->name);
    json_add_text(fields, "clause", clause->name);
    return CLI_OK;
}

static enum cli_exit add(const struct record_face *face, int argc, char *argv[],
                         const struct cli_options *options)
{
    CLEANUP_JSON json_object *fields = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    enum cli_exit status = parse(face, RECORD_ADDING, argc, argv, fields);
    if (status == CLI_OK && argc - optind != 1)
        status = cli_usage(face->command, _("%s: unexpected"),
                           argc > optind + 1 ? argv[optind + 1] : argv[1]);
    if (status == CLI_OK && !face->add)
        status = take_clause(face, argv[optind], fields);
    if (status == CLI_OK)
        status = check_complete(face, RECORD_ADDING, fields);
    if (status != CLI_OK)
        return status;
    int r = bus_call_add_record(record_face_form(face)->name, fields, &answer, &why);
    if (r < 0)
        return cli_bus_failed(face->command, r, why);
    return cli_tell(options, answer, _("Entered as number %" PRIu64 ".\n"),
                    json_get_number(answer, "number"));
}

// ---- Ending ------------------------------------------------------------------------------------

static enum cli_exit end(const struct record_face *face, int argc, char *argv[],
                         const struct cli_options *options)
{
    CLEANUP_JSON json_object *fields = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    enum cli_exit status = parse(face, RECORD_ENDING, argc, argv, fields);
    if (status != CLI_OK)
        return status;
    if (argc - optind != 2)
        return cli_usage(face->command, _("which entry? Give its number from “sekisho %s list”"),
                         face->command->name);
    const char *number = argv[optind + 1];
    int r = bus_call_end_record(record_face_form(face)->name, number, fields, &answer, &why);
    if (r < 0)
        return cli_bus_failed(face->command, r, why);
    return cli_tell(options, answer, _("Number %s is ended.\n"), number);
}

// ---- Verbs -------------------------------------------------------------------------------------

static enum cli_exit refuse_verb(const struct record_face *face, const char *verb)
{
    const char *end = face->end ? face->end : "";
    if (verb)
        return cli_usage(face->command, _("%s: unknown; known are: %s %s list"), verb, face->add,
                         end);
    return cli_usage(face->command, _("what is to be done? Known are: %s %s list"),
                     face->add ? face->add : "CLAUSE", end);
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    const struct record_face *face = face_of(argv[0]);
    const char *verb = argv[1];
    bool attests = !face->add;
    if (argc < 2)
        return refuse_verb(face, NULL);
    if (text_equal(verb, "list"))
        return record_list(face, argc, argv, options);
    if (text_equal(verb, face->end))
        return end(face, argc, argv, options);
    if (attests && text_equal(verb, "check"))
        return record_check_document(face, argc, argv, options);
    if (attests && text_equal(verb, "clauses") && argc == 2)
        return record_list_clauses(options);
    if (attests || text_equal(verb, face->add))
        return add(face, argc, argv, options);
    return refuse_verb(face, verb);
}

const struct command cmd_attest = {
    .name = "attest",
    .summary = N_("What only a person can say: who, when, and by which document"),
    .usage = "CLAUSE --statement TEXT [OPTION…]  |  list [--csv]  |  check FILE  |  "
             "end NUMBER [--reason TEXT]  |  clauses",
    .help = N_("  CLAUSE            of the standard: “4 (2)”, or 4.2\n"
               "  --statement TEXT  what is so\n"
               "  --finding WORD    ok (without it), violation, or not-applicable\n"
               "  --document FILE   what proves it; its name, size and SHA-256 are recorded\n"
               "  --from DATE       holds from then on; without it, at once\n"
               "  --until DATE      holds up to that day, that day included\n"
               "\n"
               "  check FILE        says of which attestation a file is the document\n"
               "  end NUMBER        it does not hold any longer\n"
               "  --reason TEXT     why it does not\n"
               "  clauses           the clauses that are attested\n"
               "  --csv             a table for spreadsheets\n"),
    .run = run,
};

const struct command cmd_visit = {
    .name = "visit",
    .summary = N_("The register of visitors to the controlled area, clause 4 (2)"),
    .usage = "in --visitor NAME --purpose TEXT [OPTION…]  |  out NUMBER [--left TIME]  |  "
             "list [--csv]",
    .help = N_("  --visitor NAME       who enters\n"
               "  --organization NAME  where from\n"
               "  --purpose TEXT       what for\n"
               "  --escort NAME        who goes along\n"
               "  --entered TIME       “YYYY-MM-DD HH:MM”; without it, now\n"
               "  --left TIME          the same, of out\n"
               "  --csv                a table for spreadsheets\n"),
    .run = run,
};

const struct command cmd_asset = {
    .name = "asset",
    .summary = N_("The register of what the city has lent, clause 5 (5)"),
    .usage = "add --item NAME --lender NAME --holder NAME [OPTION…]  |  "
             "return NUMBER [--returned DATE]  |  list [--csv]",
    .help = N_("  --item NAME        what was lent\n"
               "  --identifier TEXT  its serial or inventory number\n"
               "  --lender NAME      who lends it\n"
               "  --holder NAME      who answers for it here\n"
               "  --received DATE    YYYY-MM-DD; without it, today\n"
               "  --from DATE        lent from then on\n"
               "  --until DATE       due back by that day\n"
               "  --document FILE    the receipt; its name, size and SHA-256 are recorded\n"
               "  --returned DATE    of return; without it, today\n"
               "  --csv              a table for spreadsheets\n"),
    .run = run,
};

const struct command cmd_review = {
    .name = "review",
    .summary = N_("The monthly review of the record, clause 3 (4)"),
    .usage = "sign --month YYYY-MM --reviewer NAME [OPTION…]  |  list [--csv]",
    .help = N_("  --month YYYY-MM  a month that is over\n"
               "  --reviewer NAME  who has looked at its report\n"
               "  --remarks TEXT   what was found\n"
               "  --document FILE  the report; its name, size and SHA-256 are recorded\n"
               "  --csv            a table for spreadsheets\n"
               "\n"
               "The head code of the ledger at that time stands in the entry.\n"),
    .run = run,
};

const struct command cmd_audit = {
    .name = "audit",
    .summary = N_("The register of internal and external audits, clause 9"),
    .usage = "add --auditor NAME --kind internal|external [OPTION…]  |  "
             "close NUMBER [--closed DATE] [--measures TEXT]  |  list [--csv]",
    .help = N_("  --auditor NAME   who has audited\n"
               "  --kind KIND      internal or external\n"
               "  --date DATE      YYYY-MM-DD; without it, today\n"
               "  --findings TEXT  what was found wanting; such an audit stays open until closed\n"
               "  --measures TEXT  what is done about it\n"
               "  --document FILE  the report; its name, size and SHA-256 are recorded\n"
               "  --closed DATE    of close; without it, today\n"
               "  --csv            a table for spreadsheets\n"),
    .run = run,
};

const struct command cmd_dispose = {
    .name = "dispose",
    .summary = N_("The register of disposed equipment, clause 5 (11)"),
    .usage = "add --item NAME --identifier TEXT --machine this|other --method METHOD\n"
             "       --by NAME [OPTION…]  |  list [--csv]",
    .help =
        N_("  --item NAME        what is disposed of\n"
           "  --identifier TEXT  its serial or inventory number\n"
           "  --machine WHICH    this: this workstation or a disk of it; other\n"
           "  --method METHOD    destroyed, erased, returned (to the lessor), repaired (handed\n"
           "                     out for repair), transfer\n"
           "  --by NAME          who carries it out\n"
           "  --place TEXT       where\n"
           "  --date DATE        YYYY-MM-DD; without it, today\n"
           "  --document FILE    the certificate of whoever did it; its name, size and SHA-256\n"
           "                     are recorded\n"
           "  --exported TEXT    of this workstation: where its ledger is kept, or why it need\n"
           "                     not be, if not every month that is over was exported by\n"
           "                     “sekisho export”\n"
           "  --csv              a table for spreadsheets\n"),
    .run = run,
};
