// SPDX-License-Identifier: GPL-3.0-or-later
// Each is a permit; what is ended is found by what it permits.
#include "cli/net-change.h"

#include "cli/terms.h"

#include "base/json.h"
#include "base/text.h"
#include "bus/bus.h"

#include <string.h>

struct request {
    json_object *terms;
    const char *permit; // the city's number; "": none
    const char *name;   // of a peer
};

static enum cli_exit take_option(int option, void *context)
{
    struct request *request = context;
    switch (option) {
    case 'f':
        return terms_add_time(&cmd_net, "from", optarg, request->terms);
    case 'u':
        return terms_add_time(&cmd_net, "until", optarg, request->terms);
    case 'p':
        request->permit = optarg;
        return CLI_OK;
    case 'n':
        request->name = optarg;
        return CLI_OK;
    default:
        return terms_add_text(&cmd_net, "reason", optarg, request->terms);
    }
}

static enum cli_exit parse(int argc, char *argv[], struct request *request)
{
    static const struct option options[] = {
        {"from", required_argument, NULL, 'f'},   {"until", required_argument, NULL, 'u'},
        {"permit", required_argument, NULL, 'p'}, {"name", required_argument, NULL, 'n'},
        {"reason", required_argument, NULL, 'w'}, {NULL, 0, NULL, 0},
    };
    const struct cli_arguments arguments = {&cmd_net, argc, argv};
    return cli_take_options(&arguments, options, take_option, request);
}

static enum cli_exit grant(const struct request *request, const char *what,
                           const struct cli_options *options)
{
    CLEANUP_JSON json_object *answer = NULL;
    CLEANUP_FREE char *why = NULL;
    int r = bus_call_grant_permit(request->permit, request->terms, &answer, &why);
    if (r < 0)
        return cli_bus_failed(&cmd_net, r, why);
    return cli_tell(options, answer, _("%s is permitted (row %llu).\n"), what,
                    (unsigned long long)json_get_number(answer, "number"));
}

enum cli_exit net_allow(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *terms = terms_new();
    struct request request = {.terms = terms, .permit = ""};
    enum cli_exit status = parse(argc, argv, &request);
    if (status != CLI_OK)
        return status;
    if (argc - optind != 2 || request.name)
        return cli_usage(&cmd_net,
                         _("which link? Give its name or address from “sekisho net list”"));
    const char *link = argv[optind + 1];
    status = terms_add_link(&cmd_net, link, terms);
    return status == CLI_OK ? grant(&request, link, options) : status;
}

// ---- Ending ------------------------------------------------------------------------------------

// Is there one in `list` of which one of these says `word`?
static bool names(json_object *list, const char *const *keys, size_t n, const char *word)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        for (size_t k = 0; k < n; k++)
            if (text_equal(json_get_text(json_object_array_get_idx(list, i), keys[k]), word))
                return true;
    return false;
}

static bool is_meant(json_object *permit, bool peer, const char *word)
{
    static const char *const of_link[] = {"name", "mac", "driver", "path"}, *const of_peer[] = {
                                                                                "name", "address"};
    return peer ? names(json_get(permit, "peers"), of_peer, ELEMENTS(of_peer), word)
                : names(json_get(permit, "links"), of_link, ELEMENTS(of_link), word);
}

static int end_one(json_object *permit, char **ret_why)
{
    CLEANUP_JSON json_object *answer = NULL;
    char number[24];
    (void)snprintf(number, sizeof number, "%llu",
                   (unsigned long long)json_get_number(permit, "number"));
    return bus_call_end_permit(number, &answer, ret_why);
}

static enum cli_exit end(const char *word, bool peer, const struct cli_options *options)
{
    CLEANUP_JSON json_object *permits = NULL;
    CLEANUP_FREE char *why = NULL;
    uint64_t ended = 0;
    int r = bus_call_list_permits(&permits, &why);
    for (size_t i = 0; r == 0 && i < json_object_array_length(permits); i++) {
        json_object *permit = json_object_array_get_idx(permits, i);
        if (!is_meant(permit, peer, word))
            continue;
        r = end_one(permit, &why);
        ended++;
    }
    if (r < 0)
        return cli_bus_failed(&cmd_net, r, why);
    if (ended == 0) {
        cli_error(&cmd_net,
                  _("%s: not permitted by hand; what the policy file names is taken out there"),
                  word);
        return CLI_FAILED;
    }
    if (options->json) {
        CLEANUP_JSON json_object *answer = json_object_new_object();
        json_add_number(answer, "ended", ended);
        cli_print_json(answer);
    } else {
        printf(_("%s is not permitted any more.\n"), word);
    }
    return CLI_OK;
}

enum cli_exit net_forget(int argc, char *argv[], const struct cli_options *options)
{
    if (argc != 3)
        return cli_usage(&cmd_net,
                         _("which link? Give its name or address from “sekisho net list”"));
    return end(argv[2], false, options);
}

// ---- Peers -------------------------------------------------------------------------------------

static enum cli_exit add_peer(int argc, char *argv[], const struct cli_options *options)
{
    CLEANUP_JSON json_object *terms = terms_new();
    struct request request = {.terms = terms, .permit = ""};
    enum cli_exit status = parse(argc, argv, &request);
    if (status != CLI_OK)
        return status;
    int words = argc - optind - 2; // behind "peer add"
    if (words < 2 || words > 3)
        return cli_usage(&cmd_net, _("which peer? Give ADDRESS PROTOCOL[:PORTS] [DIRECTION]"));
    char *const *word = argv + optind + 2;
    CLEANUP_FREE char *peer = text_format("%s %s %s", word[0], word[1], words == 3 ? word[2] : "");
    status = terms_add_peer(&cmd_net, peer, request.name, terms);
    return status == CLI_OK ? grant(&request, request.name ? request.name : word[0], options)
                            : status;
}

enum cli_exit net_peer(int argc, char *argv[], const struct cli_options *options)
{
    if (argc > 2 && text_equal(argv[2], "add"))
        return add_peer(argc, argv, options);
    if (argc == 4 && text_equal(argv[2], "remove"))
        return end(argv[3], true, options);
    return cli_usage(&cmd_net, _("write “net peer add ADDRESS PROTOCOL[:PORTS] [DIRECTION]”, or "
                                 "“net peer remove NAME”"));
}
