// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho enrol: this workstation asks a site for a certificate, takes the site's bundles, or gets
// another identity.
#include "cli/ask.h"
#include "cli/enrol-parts.h"

#include "base/json.h"
#include "bus/bus.h"

static enum cli_exit begin_anew(const struct enrol_options *request,
                                const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    if (!request->yes && (options->json || !isatty(STDIN_FILENO)))
        return cli_usage(&cmd_enrol, _("nobody can be asked here; say --yes"));
    if (!request->yes) {
        fprintf(stderr,
                _("This PC gets another identity: new keys, a new ledger, and no approvals. "
                  "What it has\nrecorded so far is kept in /var/lib/sekisho/aside. Go on? "
                  "[y/N] "));
        if (!ask_is_agreed()) {
            cli_error(&cmd_enrol, _("nothing was changed"));
            return CLI_REFUSED;
        }
    }
    int r = bus_call_enrol("anew", NULL, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_enrol, r, why);
    return cli_tell(options, answer,
                    _("sekishod starts anew. Then ask the site for a certificate: sudo sekisho "
                      "enrol --to FOLDER\n"));
}

static enum cli_exit take_option(int option, void *context)
{
    struct enrol_options *request = context;
    switch (option) {
    case 't':
        request->to = optarg;
        break;
    case 'n':
        request->name = optarg;
        break;
    case 'b':
        request->bundle = optarg;
        break;
    case 'f':
        request->fingerprint = optarg;
        break;
    case 'a':
        request->anew = true;
        break;
    case 'y':
        request->yes = true;
        break;
    default:
        request->state = optarg;
        break;
    }
    return CLI_OK;
}

static enum cli_exit run(int argc, char *argv[], const struct cli_options *options)
{
    static const struct option names[] = {
        {"to", required_argument, NULL, 't'},
        {"name", required_argument, NULL, 'n'},
        {"bundle", required_argument, NULL, 'b'},
        {"site-fingerprint", required_argument, NULL, 'f'},
        {"anew", no_argument, NULL, 'a'},
        {"yes", no_argument, NULL, 'y'},
        {"state", required_argument, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    const struct cli_arguments arguments = {&cmd_enrol, argc, argv};
    struct enrol_options request = {.state = CLI_STATE_FOLDER};
    enum cli_exit status = cli_take_options(&arguments, names, take_option, &request);
    if (status != CLI_OK)
        return status;
    if (optind < argc)
        return cli_usage(&cmd_enrol, _("%s: unexpected"), argv[optind]);
    if ((request.to != NULL) + (request.bundle != NULL) + request.anew != 1)
        return cli_usage(&cmd_enrol, _("one of these: --to FOLDER, --bundle FILE or --anew"));
    if (request.to)
        return enrol_request(&request, options);
    return request.bundle ? enrol_bundle(&request, options) : begin_anew(&request, options);
}

const struct command cmd_enrol = {
    .name = "enrol",
    .summary = N_("Asks a site for a certificate, and takes what the site hands out"),
    .usage = "--to FOLDER [--name NAME]\n"
             "       --bundle FILE [--site-fingerprint HEX]\n"
             "       --anew [--yes]",
    .help =
        N_("  --to FOLDER             makes this PC's key, if it has none, and a request for a\n"
           "                          certificate, FOLDER/enrol-NAME.csr, for the admin\n"
           "  --name NAME             how the site calls this PC (its host name)\n"
           "  --bundle FILE           applies a site's bundle, if it is newer than the last\n"
           "  --site-fingerprint HEX  of the site, for the first one: asked for otherwise\n"
           "  --anew                  another identity, for a PC whose disk was copied: new\n"
           "                          keys and a new ledger\n"
           "  --yes                   without asking\n"
           "  --state DIR             the agent's folder (default /var/lib/sekisho)\n"),
    .run = run,
};
