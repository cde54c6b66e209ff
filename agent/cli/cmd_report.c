// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho report: the month on A4, the 30 items on one page and their annexes, from this
// workstation's ledger or from a package.
#include "cli/cli.h"
#include "cli/report-form.h"
#include "cli/site.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"
#include "report/gather.h"
#include "report/package.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>

struct request {
    const char *month, *from, *to, *language, *format, *template, *state;
};

// ---- Gathering ---------------------------------------------------------------------------------

static enum cli_exit gather_failed(const struct request *request, int r, const char *where)
{
    if (r == -ENOENT) {
        cli_error(&cmd_report, _("%s: there is no ledger of that month in %s"), request->month,
                  where);
        return CLI_FAILED;
    }
    if (r == -EBADMSG) {
        cli_error(&cmd_report, _("%s: is no ledger, or damaged; “sekisho verify” tells more"),
                  where);
        return CLI_FAILED;
    }
    return cli_read_failed(&cmd_report, r, where);
}

static enum cli_exit gather_from_ledger(const struct request *request,
                                        struct report_material *material)
{
    CLEANUP_FREE char *folder = text_format("%s/ledger", request->state);
    int r = folder ? report_gather(folder, request->month, material) : -ENOMEM;
    return r < 0 ? gather_failed(request, r, folder ? folder : request->state) : CLI_OK;
}

static bool is_sealed(const struct request *request)
{
    bool found = false;
    if (package_find(request->from, &found) < 0 || !found)
        return false;
    cli_error(&cmd_report,
              _("%s: is encrypted, and has its own report in it; “man sekisho-export” says how it "
                "is opened"),
              request->from);
    return true;
}

static enum cli_exit gather_from_package(const struct request *request,
                                         struct report_material *material)
{
    const struct verify_witness nothing = {0};
    CLEANUP_FREE char *zone = NULL, *ledger = NULL;
    struct package package = {0};
    if (is_sealed(request))
        return CLI_FAILED;
    int r = package_read_zone(request->from, &zone);
    if (r == 0 && site_use_named_zone(zone) < 0) {
        cli_error(&cmd_report, _("%s: the time zone %s is not known here; install tzdata"),
                  request->from, zone);
        return CLI_FAILED;
    }
    if (r == 0)
        r = package_verify(request->from, &nothing, &package);
    if (r < 0)
        return r == -ENOENT || r == -EBADMSG
                   ? (cli_error(&cmd_report, _("%s: is no package"), request->from), CLI_FAILED)
                   : cli_read_failed(&cmd_report, r, request->from);
    ledger = text_format("%s/%s.db", request->from, package.manifest.month);
    r = !ledger ? -ENOMEM
        : !text_equal(package.manifest.month, request->month)
            ? -ENOENT
            : gather_file(ledger, request->month, package.manifest.created_ns, &material->month);
    const uint64_t created_ns = package.manifest.created_ns;
    material->verified = package.verified;
    package.verified = (struct verify_result){0};
    package_clear(&package);
    if (r < 0)
        return gather_failed(request, r, request->from);
    if (material->month.policy && policy_from_text(material->month.policy, &material->policy) < 0)
        material->policy = NULL; // the report says that nothing is stated
    r = usage_gather_file(ledger, request->month, material->policy, created_ns, &material->usage);
    return r < 0 ? gather_failed(request, r, request->from) : CLI_OK;
}

// ---- Handing it out ----------------------------------------------------------------------------

static void record(const struct request *request, const char *text)
{
    CLEANUP_JSON json_object *details = json_object_new_object(), *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    uint8_t sha256[DIGEST_SIZE];
    char hex[DIGEST_TEXT_SIZE];
    digest_of(text, strlen(text), sha256);
    text_hex(sha256, sizeof sha256, hex);
    json_add_text(details, "month", request->month);
    json_add_text(details, "format", request->format);
    json_add_text(details, "language", request->language);
    json_add_text(details, "sha256", hex);
    if (request->from)
        json_add_text(details, "from", request->from);
    int r =
        bus_call_record("report.created", request->to ? text_basename(request->to) : request->month,
                        details, &answer, &why);
    if (r < 0 && r != -ENOTCONN) // on the auditor's machine there is no daemon
        cli_error(&cmd_report, _("the report itself is not recorded: %s"),
                  why ? why : strerror(-r));
}

static enum cli_exit put_out(const struct request *request, const char *text)
{
    if (!request->to) {
        fputs(text, stdout);
        return CLI_OK;
    }
    int r = file_replace_at(AT_FDCWD, request->to, 0640, text, strlen(text));
    return r < 0 ? cli_read_failed(&cmd_report, r, request->to) : CLI_OK;
}

static enum cli_exit print_report(const struct request *request,
                                  const struct report_material *material,
                                  const struct cli_options *options)
{
    CLEANUP_FREE char *text = NULL;
    const struct report_form form = {request->language, request->format, request->template};
    CLEANUP_JSON json_object *document = report_describe(material, request->language);
    if (!document)
        return cli_read_failed(&cmd_report, -ENOMEM, request->month);
    enum cli_exit status = CLI_OK;
    if (!options->json || request->to) {
        status = report_fill(&cmd_report, &form, document, &text);
        if (status == CLI_OK)
            status = put_out(request, text);
    }
    if (status != CLI_OK)
        return status;
    if (text)
        record(request, text);
    if (options->json)
        cli_print_json(document);
    return material->verified.outcome == VERIFY_BROKEN ? CLI_FINDING : CLI_OK;
}

// ---- Arguments ---------------------------------------------------------------------------------

static const char **field_of(struct request *request, int option)
{
    switch (option) {
    case 'm':
        return &request->month;
    case 'f':
        return &request->from;
    case 't':
        return &request->to;
    case 'l':
        return &request->language;
    case 'F':
        return &request->format;
    case 'T':
        return &request->template;
    case 'd':
        return &request->state;
    default:
        return NULL;
    }
}

static enum cli_exit check(const struct request *request)
{
    uint64_t begin, end;
    if (!request->month)
        return cli_usage(&cmd_report, _("say --month YYYY-MM"));
    if (moment_month_range(request->month, &begin, &end) < 0)
        return cli_usage(&cmd_report, _("--month %s: is no month; write YYYY-MM"), request->month);
    if (!text_equal(request->language, "ja") && !text_equal(request->language, "en"))
        return cli_usage(&cmd_report, _("--lang %s: is neither ja nor en"), request->language);
    if (!text_equal(request->format, "html") && !text_equal(request->format, "csv"))
        return cli_usage(&cmd_report, _("--format %s: is neither html nor csv"), request->format);
    return CLI_OK;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {
        {"month", required_argument, NULL, 'm'},  {"from", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},     {"lang", required_argument, NULL, 'l'},
        {"format", required_argument, NULL, 'F'}, {"template", required_argument, NULL, 'T'},
        {"state", required_argument, NULL, 'd'},  {NULL, 0, NULL, 0},
    };
    struct request request = {.language = "ja", .format = "html", .state = CLI_STATE_FOLDER};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", names, NULL)) != -1) {
        const char **field = field_of(&request, option);
        if (!field)
            return cli_bad_option(&cmd_report, option, argv[optind - 1]);
        *field = optarg;
    }
    if (optind < argc)
        return cli_usage(&cmd_report, _("%s: unexpected"), argv[optind]);
    enum cli_exit status = check(&request);
    if (status != CLI_OK)
        return status;

    struct report_material material = {0};
    status = request.from ? gather_from_package(&request, &material)
                          : gather_from_ledger(&request, &material);
    if (status == CLI_OK)
        status = print_report(&request, &material, options);
    report_material_clear(&material);
    return status;
}

const struct command cmd_report = {
    .name = "report",
    .summary = N_("Makes the monthly status report, an A4 page with annexes"),
    .usage = "--month YYYY-MM [--from PACKAGE] [--to FILE] [--lang ja|en]\n"
             "       [--format html|csv] [--template FILE] [--state DIR]",
    .help =
        N_("  --month YYYY-MM     the month\n"
           "  --from PACKAGE      from a folder made by “sekisho export” instead of the ledger\n"
           "  --to FILE           where it goes; else to the standard output\n"
           "  --lang ja|en        its language; Japanese unless you say en\n"
           "  --format html|csv   a page to print, or a spreadsheet with every device and breach\n"
           "  --template FILE     another form; see /usr/share/sekisho/templates. One with the\n"
           "                      same name in /etc/sekisho/templates is used by itself\n"
           "  --state DIR         another folder than /var/lib/sekisho\n"
           "\n"
           "--json prints what the form is filled from. Exit status 1: the ledger is broken.\n"),
    .run = run,
};
